import { DatasetError } from '../dataset-error.js';
import type { NpyArray } from '../npy/npy-header.js';

const MAX_LABEL = 2 ** 31 - 1;

/**
 * Reads integer class labels `[sampleCount]`.
 *
 * @throws DatasetError when the array has another shape, holds no integers, or a label is negative
 *   or beyond int32.
 */
export function readLabels(array: NpyArray, sampleCount: number): Int32Array {
  const { source, dtype, shape, dataStart } = array;
  if (!dtype.isInteger) {
    throw new DatasetError({
      expected: 'labels of an integer dtype',
      got: dtype.name,
      where: source.path,
      advice: "Convert them with labels.astype('<i4').",
    });
  }
  if (shape.length !== 1 || shape[0] !== sampleCount) {
    throw new DatasetError({
      expected: `labels of shape [${sampleCount}], one for each sample`,
      got: `shape [${shape.join(', ')}]`,
      where: source.path,
    });
  }
  const bytes = new Uint8Array(sampleCount * dtype.itemBytes);
  source.read(dataStart, bytes);
  const labels = new Float64Array(sampleCount);
  dtype.decode(bytes, labels);
  const bad = labels.findIndex((label) => label < 0 || label > MAX_LABEL);
  if (bad >= 0) {
    throw new DatasetError({
      expected: 'labels of 0 or above that int32 holds',
      got: String(labels[bad]),
      where: `${source.path}, label ${bad}, byte ${dataStart + bad * dtype.itemBytes}`,
      advice: 'Leave out the samples without a label.',
    });
  }
  return Int32Array.from(labels);
}
