import type { PreprocessSettings } from '../preprocess/preprocess-settings.js';
import type { Dataset } from '../dataset.js';
import { DatasetError } from '../dataset-error.js';
import type { ByteSource } from '../io/file-source.js';
import { planPreprocess, preprocessBytes, tabulatePixels } from '../preprocess/preprocess.js';
import { checkSampleRange } from '../sample-range.js';

const SAMPLE_SHAPE = [3, 32, 32] as const;
/** One label byte, then 1024 red, 1024 green and 1024 blue bytes, each plane row-major. */
const RECORD_BYTES = 3073;
const CLASSES = 10;
/** Records of one read: about 1.5 MB. */
const RECORDS_PER_READ = 512;

/**
 * Opens a file of the binary version of CIFAR-10 (https://www.cs.toronto.edu/~kriz/cifar.html).
 * Samples are `[3, 32, 32]`, labels 0..9, all checked now.
 *
 * @throws DatasetError when the size is no multiple of a record or a label is out of range;
 *   `source` is left open then.
 */
export function openCifar10(source: ByteSource, preprocess: PreprocessSettings): Dataset {
  if (source.sizeBytes === 0 || source.sizeBytes % RECORD_BYTES !== 0) {
    throw new DatasetError({
      expected: `a CIFAR-10 binary file: one or more records of ${RECORD_BYTES} bytes`,
      got: `${source.sizeBytes} bytes`,
      where: source.path,
      advice: 'Use a file of the "binary version" (data_batch_1.bin, test_batch.bin), unpacked.',
    });
  }
  if (preprocess.layout !== 'channelsFirst') {
    throw new DatasetError({
      expected: 'data.preprocess.layout to be channelsFirst, as CIFAR-10 stores whole colour planes',
      got: preprocess.layout,
      where: source.path,
    });
  }
  const plan = planPreprocess(SAMPLE_SHAPE, preprocess, source.path);
  const tables = tabulatePixels(plan, source.path);
  const sampleCount = source.sizeBytes / RECORD_BYTES;
  const scratch = new Uint8Array(Math.min(sampleCount, RECORDS_PER_READ) * RECORD_BYTES);
  return {
    sampleCount,
    sampleShape: plan.sampleShape,
    labels: readLabels(source, sampleCount, scratch),
    groundTruth: null,
    read(first, count, into) {
      checkSampleRange(this, first, count, into);
      forEachRecord(source, first, count, scratch, (record, start) => {
        preprocessBytes(plan, tables, scratch, start + 1, into, (record - first) * plan.sampleSize);
      });
    },
    close() {
      source.close();
    },
  };
}

/**
 * Calls `visit(record, start)` for each record while its bytes lie in `scratch` from `start` on.
 */
function forEachRecord(
  source: ByteSource,
  first: number,
  count: number,
  scratch: Uint8Array,
  visit: (record: number, start: number) => void,
): void {
  const perRead = scratch.length / RECORD_BYTES;
  for (let done = 0; done < count; done += perRead) {
    const records = Math.min(perRead, count - done);
    source.read((first + done) * RECORD_BYTES, scratch.subarray(0, records * RECORD_BYTES));
    for (let index = 0; index < records; index += 1) visit(first + done + index, index * RECORD_BYTES);
  }
}

function readLabels(source: ByteSource, sampleCount: number, scratch: Uint8Array): Int32Array {
  const labels = new Int32Array(sampleCount);
  forEachRecord(source, 0, sampleCount, scratch, (record, start) => {
    const label = scratch[start]!;
    if (label >= CLASSES) {
      throw new DatasetError({
        expected: `a label in 0..${CLASSES - 1}`,
        got: String(label),
        where: `${source.path}, record ${record}, byte ${record * RECORD_BYTES}`,
        advice: 'The file is damaged or not CIFAR-10 (CIFAR-100 has two label bytes a record).',
      });
    }
    labels[record] = label;
  });
  return labels;
}
