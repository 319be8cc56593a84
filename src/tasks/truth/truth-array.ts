import { DatasetError } from '../../formats/dataset-error.js';
import { closeAfter } from '../../formats/io/closing.js';
import { memorySource, openFile, type ByteSource } from '../../formats/io/file-source.js';
import { readNpyHeader } from '../../formats/npy/npy-header.js';
import { openNpzMember } from '../../formats/npz/npz.js';

/** An array of ground truth whose first axis is the samples. */
export interface TruthArray {
  /** `[N, ...]` */
  readonly shape: readonly number[];
  /** Entry `index`, row-major. */
  read(index: number): Float64Array;
}

/**
 * Opens a `.npy` file, or an array of a `.npz` file. The first is opened for each read and closed
 * again, as metrics have no end; the second is held in memory.
 *
 * @param array name of the array in a `.npz` file; null for a `.npy` file
 * @throws DatasetError when the file is missing or damaged, or has no samples
 */
export function openTruthArray(path: string, array: string | null): TruthArray {
  const open = opener(path, array);
  const { shape, dtype, dataStart } = closeAfter(open(), readNpyHeader);
  const [samples] = shape;
  if (samples === undefined || shape.includes(0)) {
    throw new DatasetError({ expected: 'an array [N, ...]', got: `shape [${shape.join(', ')}]`, where: path });
  }
  const size = shape.slice(1).reduce((product, length) => product * length, 1);
  return {
    shape,
    read(index) {
      const bytes = new Uint8Array(size * dtype.itemBytes);
      closeAfter(open(), (source) => {
        source.read(dataStart + index * bytes.length, bytes);
      });
      const values = new Float64Array(size);
      dtype.decode(bytes, values);
      return values;
    },
  };
}

/**
 * Whether an array of so many entries has one for each evaluated sample, in order: those that are
 * evaluated, or all of the data. Where samples have no names, how many the data has is not known.
 */
export function coversSamples(
  entries: number,
  names: readonly string[] | null | undefined,
  sampleCount: number,
): boolean {
  return entries === sampleCount || (entries > sampleCount && (names?.length ?? entries) === entries);
}

function opener(path: string, array: string | null): () => ByteSource {
  if (!path.toLowerCase().endsWith('.npz')) return () => openFile(path);
  if (array === null) {
    throw new DatasetError({
      expected: 'task.array, the name of the array of ground truth in the archive',
      got: 'none',
      where: path,
      advice: 'Set task.array.',
    });
  }
  const bytes = closeAfter(openNpzMember(path, array), (source) => {
    const all = new Uint8Array(source.sizeBytes);
    source.read(0, all);
    return all;
  });
  return () => memorySource(path, bytes);
}
