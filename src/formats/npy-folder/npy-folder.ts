import { join } from 'node:path';

import type { PreprocessSettings } from '../preprocess/preprocess-settings.js';
import type { Dataset, DetectionGroundTruth } from '../dataset.js';
import { DatasetError } from '../dataset-error.js';
import { openFile } from '../io/file-source.js';
import { readNpyHeader, type NpyArray } from '../npy/npy-header.js';
import { planPreprocess, preprocessFloats } from '../preprocess/preprocess.js';
import { checkSampleRange, findNonFinite } from '../sample-range.js';

/**
 * Returns the samples of a folder with one `.npy` file each, of any readable dtype, opened when
 * asked for.
 *
 * @param files names inside the folder, in the order of the samples
 * @throws DatasetError when the first file can't be read or the preprocessing does not fit; on
 *   reading, when a file has another shape than the first, or holds NaN or an infinity
 */
export function createNpyFolder(
  folder: string,
  files: readonly string[],
  preprocess: PreprocessSettings,
  labels: Int32Array | null,
  groundTruth: DetectionGroundTruth | null,
): Dataset {
  const storedShape = withArray(join(folder, files[0]!), ({ shape }) => shape);
  const plan = planPreprocess(storedShape, preprocess, join(folder, files[0]!));
  const values = new Float32Array(plan.sampleSize);
  let open = true;

  function readSample(path: string, into: Float32Array, to: number): void {
    withArray(path, ({ source, dtype, shape, dataStart }) => {
      if (shape.join() !== storedShape.join()) {
        throw new DatasetError({
          expected: `shape [${storedShape.join(', ')}], as ${files[0]!} has`,
          got: `shape [${shape.join(', ')}]`,
          where: path,
        });
      }
      const bytes = new Uint8Array(plan.sampleSize * dtype.itemBytes);
      source.read(dataStart, bytes);
      dtype.decode(bytes, values);
    });
    preprocessFloats(plan, values, 0, into, to);
    const place = findNonFinite(into, to, to + plan.sampleSize);
    if (place < 0) return;
    const got = `${into[place]!} after preprocessing`;
    throw new DatasetError({
      expected: 'finite numbers only',
      got,
      where: path,
      advice: 'Mend or leave out that file.',
    });
  }

  return {
    sampleCount: files.length,
    sampleShape: plan.sampleShape,
    labels,
    groundTruth,
    read(first, count, into) {
      if (!open) throw new DatasetError({ expected: 'an open dataset', got: 'one that was closed', where: folder });
      checkSampleRange(this, first, count, into);
      for (let index = 0; index < count; index += 1) {
        readSample(join(folder, files[first + index]!), into, index * plan.sampleSize);
      }
    },
    close() {
      open = false;
    },
  };
}

function withArray<T>(path: string, work: (array: NpyArray) => T): T {
  const file = openFile(path);
  try {
    return work(readNpyHeader(file));
  } finally {
    file.close();
  }
}
