import type { PreprocessSettings } from '../preprocess/preprocess-settings.js';
import type { Dataset, DetectionGroundTruth } from '../dataset.js';
import { DatasetError } from '../dataset-error.js';
import type { NpyArray } from './npy-header.js';
import { planPreprocess, preprocessBytes, preprocessFloats, tabulateBytes } from '../preprocess/preprocess.js';
import { checkSampleRange, findNonFinite } from '../sample-range.js';

/** Tables have 256 entries a channel: worth it where a channel has as many numbers. */
const MOST_TABLE_CHANNELS = 4096;
/** Read at a time, or one sample where that is larger. */
const READ_BYTES = 1 << 21;

/**
 * Returns the samples of an array `[N, ...]` of any readable dtype, read when asked for. Closing
 * closes the array's source.
 *
 * @throws DatasetError when the array has no samples or the preprocessing does not fit; on reading,
 *   when a sample holds NaN or an infinity, or has one after the preprocessing (float32 ends at
 *   3.4e38).
 */
export function createNpyDataset(
  array: NpyArray,
  preprocess: PreprocessSettings,
  labels: Int32Array | null,
  groundTruth: DetectionGroundTruth | null,
): Dataset {
  const { source, dtype, shape, dataStart } = array;
  const sampleCount = countSamples(array);
  const plan = planPreprocess(shape.slice(1), preprocess, source.path);
  const sampleBytes = plan.sampleSize * dtype.itemBytes;
  const perRead = Math.min(sampleCount, Math.max(1, Math.floor(READ_BYTES / sampleBytes)));
  const scratch = new Uint8Array(perRead * sampleBytes);
  const convert = dtype.itemBytes === 1 && plan.channels <= MOST_TABLE_CHANNELS ? byTable() : byArithmetic();

  /** For one-byte dtypes: 256 possible values a channel, none of which is NaN. */
  function byTable() {
    const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    const values = new Float32Array(256);
    dtype.decode(bytes, values);
    const tables = tabulateBytes(plan, values);
    return (samples: number, into: Float32Array, to: number): void => {
      for (let index = 0; index < samples; index += 1) {
        preprocessBytes(plan, tables, scratch, index * plan.sampleSize, into, to + index * plan.sampleSize);
      }
    };
  }

  function byArithmetic() {
    const values = new Float32Array(perRead * plan.sampleSize);
    return (samples: number, into: Float32Array, to: number): void => {
      dtype.decode(scratch, values.subarray(0, samples * plan.sampleSize));
      for (let index = 0; index < samples; index += 1) {
        preprocessFloats(plan, values, index * plan.sampleSize, into, to + index * plan.sampleSize);
      }
    };
  }

  function checkFinite(first: number, samples: number, into: Float32Array, to: number): void {
    const place = findNonFinite(into, to, to + samples * plan.sampleSize);
    if (place < 0) return;
    const sample = first + Math.floor((place - to) / plan.sampleSize);
    throw new DatasetError({
      expected: 'finite numbers only',
      got: `${into[place]} after preprocessing`,
      where: `${source.path}, sample ${sample}, byte ${dataStart + sample * sampleBytes}`,
      advice: 'Mend or leave out that sample.',
    });
  }

  return {
    sampleCount,
    sampleShape: plan.sampleShape,
    labels,
    groundTruth,
    read(first, count, into) {
      checkSampleRange(this, first, count, into);
      for (let done = 0; done < count; done += perRead) {
        const samples = Math.min(perRead, count - done);
        const to = done * plan.sampleSize;
        source.read(dataStart + (first + done) * sampleBytes, scratch.subarray(0, samples * sampleBytes));
        convert(samples, into, to);
        checkFinite(first + done, samples, into, to);
      }
    },
    close() {
      source.close();
    },
  };
}

/**
 * Returns N of an array `[N, ...]`.
 *
 * @throws DatasetError when the array has no sample axis, none besides it, or no samples.
 */
export function countSamples(array: NpyArray): number {
  const sampleCount = array.shape[0] ?? 0;
  if (array.shape.length >= 2 && sampleCount > 0) return sampleCount;
  throw new DatasetError({
    expected: 'samples of shape [N, ...] with N of 1 or above',
    got: `shape [${array.shape.join(', ')}]`,
    where: array.source.path,
  });
}
