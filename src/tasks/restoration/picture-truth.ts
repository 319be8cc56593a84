import { statSync } from 'node:fs';
import { join } from 'node:path';
import { DatasetError } from '../../formats/dataset-error.js';
import { decodeImage } from '../../formats/image-folder/decode-image.js';
import { IMAGE_DEPTH, IMAGE_EXTENSIONS } from '../../formats/image-folder/image-folder.js';
import { describeMatch, matchFiles } from '../truth/match-files.js';
import { openTruthArray } from '../truth/truth-array.js';
import type { RestorationTask } from './restoration-settings.js';

/** A picture as planes `[channels, height, width]`; of an array of truth in its own order. */
export interface Picture {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /** 0..`range`. */
  readonly data: ArrayLike<number>;
  readonly isChannelsLast: boolean;
  readonly isBgr: boolean;
  readonly range: 1 | 255;
  /** For messages. */
  readonly where: string;
}

/** What the outputs of samples should be. */
export interface PictureTruth {
  /** @param channels of the output: pictures in files are grey or in colour as it is */
  read(sample: number, channels: number): Promise<Picture>;
  /** Of the size of pictures as they were before they became samples; an array is of outputs. */
  readonly areFiles: boolean;
  readonly notes: readonly string[];
}

export { IMAGE_DEPTH, IMAGE_EXTENSIONS };

/**
 * Opens the pictures of the first `sampleCount` samples; they are read when asked for.
 *
 * @throws DatasetError when one is missing, or the array has no pictures
 */
export function openPictureTruth(
  task: RestorationTask,
  names: readonly string[] | null | undefined,
  sampleCount: number,
): PictureTruth {
  const { truth, sampleSuffix, truthSuffix } = task;
  if (statSync(truth, { throwIfNoEntry: false })?.isDirectory() !== true) {
    return openPictureArray(task, names, sampleCount);
  }
  const folder = { folder: truth, extensions: IMAGE_EXTENSIONS, depth: IMAGE_DEPTH, sampleSuffix, truthSuffix };
  const match = matchFiles(folder, names, sampleCount);
  return {
    async read(sample, channels) {
      const path = join(truth, match.files[sample]!);
      if (channels !== 1 && channels !== 3) {
        const expected = 'an output of 1 or 3 channels, as pictures have';
        throw new DatasetError({ expected, got: `${channels}`, where: path, advice: 'Give truth as a .npy file.' });
      }
      const { data, height, width } = await decodeImage(path, { resize: null, crop: null, kernel: 'linear', channels });
      return { channels, height, width, data, isChannelsLast: true, isBgr: false, range: 255, where: path };
    },
    areFiles: true,
    notes: [describeMatch(match, truth, names, ['picture', 'pictures'])],
  };
}

function openPictureArray(
  task: RestorationTask,
  names: readonly string[] | null | undefined,
  sampleCount: number,
): PictureTruth {
  const { truth: path, array, layout, channelOrder } = task;
  if (!/\.np[yz]$/i.test(path)) {
    const expected = 'a folder of pictures, or a .npy or .npz file';
    throw new DatasetError({ expected, got: 'neither', where: path, advice: 'Check task.truth.' });
  }
  const pictures = openTruthArray(path, array);
  const { shape } = pictures;
  const isChannelsLast = layout === 'channelsLast';
  const [count] = shape as [number];
  const [channels, height, width] =
    shape.length === 3
      ? [1, shape[1]!, shape[2]!]
      : isChannelsLast
        ? [shape[3]!, shape[1]!, shape[2]!]
        : shape.slice(1);
  const enough = count === sampleCount || (count > sampleCount && (names?.length ?? count) === count);
  if ((shape.length !== 3 && shape.length !== 4) || !enough) {
    throw new DatasetError({
      expected: `pictures of shape [${names?.length ?? sampleCount}, ${isChannelsLast ? 'H, W, C' : 'C, H, W'}], one for each sample in order`,
      got: `shape [${shape.join(', ')}]`,
      where: path,
    });
  }
  const form = { channels: channels!, height: height!, width: width!, isChannelsLast, isBgr: channelOrder === 'bgr' };
  return {
    read: (sample) =>
      Promise.resolve({
        ...form,
        data: pictures.read(sample),
        range: task.truthRange ?? task.range,
        where: `${path}, picture ${sample}`,
      }),
    areFiles: false,
    notes: [`${sampleCount} of ${count} pictures of ${path} taken in order, ${height} x ${width} each`],
  };
}
