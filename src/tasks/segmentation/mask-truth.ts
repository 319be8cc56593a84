import { statSync } from 'node:fs';
import { join } from 'node:path';
import { DatasetError } from '../../formats/dataset-error.js';
import { readPngNumbers } from '../../formats/png/read-png-numbers.js';
import { describeMatch, matchFiles } from '../truth/match-files.js';
import { openTruthArray } from '../truth/truth-array.js';
import type { SegmentationTask } from './segmentation-settings.js';

/** Numbers of a mask as stored, row-major. */
export interface StoredMask {
  readonly height: number;
  readonly width: number;
  readonly data: ArrayLike<number>;
  /** The file, and the entry of an array, for messages. */
  readonly where: string;
}

/** The masks of the samples. */
export interface MaskTruth {
  read(sample: number): StoredMask;
  /** How masks were found, for people. */
  readonly notes: readonly string[];
}

export const MASK_EXTENSIONS = ['.png'];
/** Sub-folders of sub-folders are looked into as well, this deep. */
export const MASK_DEPTH = 8;

/**
 * Opens the masks of the first `sampleCount` samples. They are read when asked for: each process
 * needs those of its own samples.
 *
 * @throws DatasetError when one is missing, or the array is not `[N, H, W]`
 */
export function openMaskTruth(
  {
    truth,
    array,
    sampleSuffix,
    truthSuffix,
  }: Pick<SegmentationTask, 'truth' | 'array' | 'sampleSuffix' | 'truthSuffix'>,
  names: readonly string[] | null | undefined,
  sampleCount: number,
): MaskTruth {
  if (statSync(truth, { throwIfNoEntry: false })?.isDirectory() !== true) {
    return openMaskArray(truth, array, names, sampleCount);
  }
  const folder = { folder: truth, extensions: MASK_EXTENSIONS, depth: MASK_DEPTH, sampleSuffix, truthSuffix };
  const match = matchFiles(folder, names, sampleCount);
  return {
    read(sample) {
      const path = join(truth, match.files[sample]!);
      return { ...readPngNumbers(path), where: path };
    },
    notes: [describeMatch(match, truth, names, ['mask', 'masks'])],
  };
}

function openMaskArray(
  path: string,
  array: string | null,
  names: readonly string[] | null | undefined,
  sampleCount: number,
): MaskTruth {
  if (!/\.np[yz]$/i.test(path)) {
    const expected = 'a folder of PNG masks, or a .npy or .npz file';
    throw new DatasetError({ expected, got: 'neither', where: path, advice: 'Check task.truth.' });
  }
  const masks = openTruthArray(path, array);
  const [count] = masks.shape as [number];
  // A channel axis of length 1, as models have it, is none.
  const axes = masks.shape.length === 4 && masks.shape[1] === 1 ? masks.shape.slice(2) : masks.shape.slice(1);
  const [height, width] = axes as [number, number];
  const enough = count === sampleCount || (count > sampleCount && (names?.length ?? count) === count);
  if (axes.length !== 2 || !enough) {
    throw new DatasetError({
      expected: `masks of shape [${names?.length ?? sampleCount}, H, W], one for each sample in order`,
      got: `shape [${masks.shape.join(', ')}]`,
      where: path,
    });
  }
  return {
    read: (sample) => ({ height, width, data: masks.read(sample), where: `${path}, mask ${sample}` }),
    notes: [`${sampleCount} of ${count} masks of ${path} taken in order, ${height} x ${width} each`],
  };
}
