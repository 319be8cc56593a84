import { statSync } from 'node:fs';
import { DatasetError } from '../../formats/dataset-error.js';
import { openStoredOutputs } from '../../formats/npy/stored-outputs.js';

/** The file that was read last: a ranking asks for it with every sample. */
let last: { readonly key: string; readonly priors: Float64Array } | null = null;

/**
 * Priors `[boxes, 4]` of a `.npy` file, cx, cy, w, h as fractions of a sample; null without a file.
 *
 * @throws DatasetError where it is missing or of another shape
 */
export function readPriors(path: string | null): Float64Array | null {
  if (path === null) return null;
  const stats = statSync(path, { throwIfNoEntry: false });
  const key = `${path} ${stats?.size ?? ''} ${stats?.mtimeMs ?? ''}`;
  if (last?.key === key) return last.priors;
  const [array] = openStoredOutputs(path, null);
  try {
    const { shape } = array!;
    if (shape.at(-1) !== 4 || (shape.length !== 2 && !(shape.length === 3 && shape[0] === 1))) {
      const got = `shape [${shape.join(', ')}]`;
      throw new DatasetError({ expected: 'priors of shape [boxes, 4]', got, where: path });
    }
    const priors = Float64Array.from(array!.read(0, shape[0]!));
    last = { key, priors };
    return priors;
  } finally {
    array!.close();
  }
}
