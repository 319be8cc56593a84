import { z } from 'zod';
import { file, integer, oneOf } from '../../schema/schema-leaves.js';
import type { Settled } from '../../schema/settled.js';
import { folderLabelSettings, locateFolderLabels, type FolderLabelSource } from '../labels/folder-labels.js';
import type { ImageGeometry, Letterbox } from './image-geometry.js';

const side = z.int().min(1);
const sides = z.tuple([side, side]);
const ofModel = z.literal('model');

/** A side, or height and width. */
function extent(description: string) {
  const error = 'a whole number from 1, or [height, width]';
  return z.union([side, sides], { error }).describe(description).nullable().default(null);
}

/** The same, or the height and width of the model's input. */
function extentOrModel(description: string) {
  return z
    .union([side, sides, ofModel], { error: 'a whole number from 1, [height, width] or model' })
    .describe(description);
}

function byte(description: string) {
  const error = 'a whole number from 0 to 255';
  return z.int({ error }).min(0, { error }).max(255, { error }).describe(description);
}

const letterbox = z
  .strictObject({
    size: extentOrModel("Side of the sample, [height, width], or `model`: those of the model's input."),
    pad: byte('Value around the picture, before `data.preprocess`.').default(114),
    align: oneOf(['center', 'topLeft'], 'Where the picture is; YOLOX: `topLeft`.').default('center'),
    rounding: oneOf(
      ['halfEven', 'truncate'],
      "Of the picture's size inside: as Python's `round`, or down (YOLOX).",
    ).default('halfEven'),
    scaleUp: z
      .boolean({ error: 'true or false' })
      .describe('Whether pictures smaller than the sample are enlarged.')
      .default(true),
  })
  .meta({ title: 'Letterbox', description: 'The whole picture in a sample of a fixed size, as detectors take it.' });

const pad = z
  .strictObject({
    multiple: integer(1, 'Height and width grow to multiples of it, right and at the bottom (YuNet: 32).'),
    value: byte('Value of what is added, before `data.preprocess`.').default(0),
  })
  .meta({ title: 'Padding', description: 'Pixels added right and at the bottom, after resize and crop.' });

export const imageFolderSettings = {
  path: file('the path of a folder', 'The folder.'),
  ...folderLabelSettings,
  resize: extentOrModel(
    "Length of the shorter side, [height, width], or `model`: those of the model's input; null: as stored.",
  )
    .nullable()
    .default(null),
  crop: extent('Centre crop after resizing: side, or [height, width]; null: none.'),
  letterbox: letterbox.nullable().default(null),
  pad: pad.nullable().default(null),
  kernel: oneOf(
    ['linear', 'cubic', 'lanczos3', 'opencvLinear'],
    "Resampling filter: Pillow's, widened when shrinking, or OpenCV's INTER_LINEAR, which is not. null: `linear`; with `letterbox` `opencvLinear`.",
  )
    .nullable()
    .default(null),
  orientation: oneOf(
    ['exif', 'ignore'],
    '`exif`: turned upright as EXIF says; `ignore`: as stored. null: `ignore`; with `letterbox` `exif`.',
  )
    .nullable()
    .default(null),
  channels: z
    .literal([1, 3], { error: '1 or 3' })
    .describe('3: red, green, blue; 1: luminance. Grey images fit both.')
    .default(3),
};

type Settings = Settled<typeof imageFolderSettings>;

/** `model` stands until the model is known. */
type Asked<Extent> = Extent | 'model';

/**
 * Settings that came later are absent where they ask for nothing: sources, and so keys, look as
 * they did before there were any.
 */
export type ImageFolderSource = Pick<Settings, 'path'> &
  FolderLabelSource &
  Omit<ImageGeometry, 'resize' | 'letterbox'> & {
    readonly resize: Asked<ImageGeometry['resize']>;
    readonly letterbox?: Omit<Letterbox, 'size'> & { readonly size: Asked<Letterbox['size']> };
  };

/** @param absolute a path of the file as an absolute one */
export function locateImageFolder(settings: Settings, absolute: (path: string) => string): ImageFolderSource {
  const { path, resize, crop, letterbox: box, pad: padding, channels } = settings;
  const kernel = settings.kernel ?? (box === null ? 'linear' : 'opencvLinear');
  const orientation = settings.orientation ?? (box === null ? 'ignore' : 'exif');
  return {
    ...{ path: absolute(path), ...locateFolderLabels(settings, absolute), resize, crop, kernel, channels },
    ...(box === null
      ? {}
      : { letterbox: { ...box, size: typeof box.size === 'number' ? [box.size, box.size] : box.size } }),
    ...(padding === null ? {} : { pad: padding }),
    ...(orientation === 'exif' ? { orientation } : {}),
  };
}
