import { basename, extname } from 'node:path';
import { DatasetError } from '../dataset-error.js';
import { openFile } from '../io/file-source.js';
import { listNpzArrays, openNpzMember } from '../npz/npz.js';
import { readNpyHeader, type NpyArray } from './npy-header.js';

/**
 * An output of a model, stored for many samples: `[N, ...]`. NaN and infinities are let through.
 */
export interface StoredOutput {
  readonly name: string;
  /** What messages call it. */
  readonly path: string;
  readonly shape: readonly number[];
  /** Samples `first .. first + count - 1`: `[count, ...]`, row-major. */
  read(first: number, count: number): Float32Array;
  close(): void;
}

/**
 * Opens the array of a `.npy` file, or every array of a `.npz`, by its name there.
 *
 * @param name of the array of a `.npy`; null: the file's own name
 * @throws DatasetError when the file is damaged, or an array is a single number
 */
export function openStoredOutputs(path: string, name: string | null): readonly StoredOutput[] {
  if (extname(path).toLowerCase() !== '.npz') {
    return [asOutput(readNpyHeader(openFile(path)), name ?? basename(path, extname(path)))];
  }
  const arrays = listNpzArrays(path);
  return arrays.map((array) => asOutput(readNpyHeader(openNpzMember(path, array)), array));
}

function asOutput({ source, dtype, shape, dataStart }: NpyArray, name: string): StoredOutput {
  const [samples, ...rest] = shape;
  if (samples === undefined || samples === 0) {
    throw new DatasetError({
      expected: 'outputs of shape [N, ...] with N of 1 or above',
      got: `shape [${shape.join(', ')}]`,
      where: source.path,
    });
  }
  const size = rest.reduce((product, length) => product * length, 1);
  return {
    name,
    path: source.path,
    shape,
    read(first, count) {
      const bytes = new Uint8Array(count * size * dtype.itemBytes);
      source.read(dataStart + first * size * dtype.itemBytes, bytes);
      const numbers = new Float32Array(count * size);
      dtype.decode(bytes, numbers);
      return numbers;
    },
    close: () => {
      source.close();
    },
  };
}

/**
 * An output `[T, N, ...]`, stored as a model with the steps first gives it, as one of N samples
 * `[N, T, ...]`. Of other than three axes it stays as it is.
 */
export function samplesFirst(stored: StoredOutput): StoredOutput {
  const [steps, samples, size] = stored.shape;
  if (stored.shape.length !== 3 || samples! * size! === 0) return stored;
  let all: Float32Array | null = null;
  return {
    ...stored,
    shape: [samples!, steps!, size!],
    read(first, count) {
      all ??= stored.read(0, steps!);
      const own = new Float32Array(count * steps! * size!);
      for (let row = 0; row < count; row += 1) {
        for (let step = 0; step < steps!; step += 1) {
          const from = (step * samples! + first + row) * size!;
          own.set(all.subarray(from, from + size!), (row * steps! + step) * size!);
        }
      }
      return own;
    },
  };
}
