import { z } from 'zod';
import type { Immutable } from './immutable.js';
import { file, filePaths, integer, listOf, oneOf, positive, text } from './schema-leaves.js';

const groundTruth = file('the path of a JSON file', 'Detection ground truth (JSON); null without.')
  .nullable()
  .default(null);

const classList = 'the path of a text file with a class name a line, or a list of class names';

/** A side, or height and width. */
function extent(description: string) {
  const error = 'a whole number from 1, or [height, width]';
  const side = z.int().min(1);
  return z
    .union([side, z.tuple([side, side])], { error })
    .describe(description)
    .nullable()
    .default(null);
}

/** What is handed to code of the user's own. */
export function options() {
  const error = 'a mapping with finite numbers, text, true, false, null, lists and mappings';
  return z
    .record(z.string(), z.unknown(), { error })
    .refine(holdsFiniteNumbers, { error })
    .describe('Handed to the module as it is.')
    .default({});
}

/** YAML has NaN and infinities, JSON and so content keys have not. */
function holdsFiniteNumbers(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  return typeof value !== 'object' || value === null || Object.values(value).every(holdsFiniteNumbers);
}

const sourceShapes = {
  cifar10: {
    format: z.literal('cifar10').describe('CIFAR-10 binary: records of 1 label byte and 3072 pixel bytes.'),
    path: file('the path of a CIFAR-10 binary file', 'A CIFAR-10 binary file, e.g. data_batch_1.bin.'),
  },
  npy: {
    format: z.literal('npy').describe('NumPy array file of samples [N, ...].'),
    path: file('the path of a .npy file', 'Samples [N, ...], float16, float32 or uint8.'),
    labels: file('the path of a .npy file', 'Integer class labels [N], a second .npy; null without.')
      .nullable()
      .default(null),
    groundTruth,
  },
  npz: {
    format: z.literal('npz').describe('NumPy archive.'),
    path: file('the path of a .npz file', 'The archive.'),
    array: text('the name of an array in the archive', 'Member that holds the samples [N, ...].'),
    labelsArray: text(
      'the name of an array in the archive',
      'Member that holds integer class labels [N]; null without.',
    )
      .nullable()
      .default(null),
    groundTruth,
  },
  idx: {
    format: z.literal('idx').describe('IDX file of bytes, as MNIST has them; plain or gzip.'),
    path: file('the path of an IDX file', 'Samples [N, ...] of bytes, plain or .gz.'),
    labels: file('the path of an IDX file', 'Class labels [N], a second IDX file; null without.')
      .nullable()
      .default(null),
  },
  npyFolder: {
    format: z.literal('npyFolder').describe('Folder of .npy files, one sample each, in the order of their names.'),
    path: file('the path of a folder', 'The folder.'),
    labels: file(
      'the path of a .npy or .csv file',
      'Integer class labels: a .npy [N], or a CSV of file name and label; null without.',
    )
      .nullable()
      .default(null),
    groundTruth,
  },
  imageFolder: {
    format: z.literal('imageFolder').describe('Folder of JPEG and PNG files, in the order of their paths.'),
    path: file('the path of a folder', 'The folder.'),
    labels: file('the path of a .csv file', 'CSV of path and label; null: the class is the name of the sub-folder.')
      .nullable()
      .default(null),
    classes: z
      .union(
        [
          file(classList, 'A text file.'),
          listOf(text('a class name', 'A name.'), classList, 'Class names in the order of their labels.'),
        ],
        { error: classList },
      )
      .register(filePaths, { kind: 'file' })
      .describe(
        'Names of the classes in the order of their labels: a text file with one a line, or a list; null: all sub-folders, sorted.',
      )
      .nullable()
      .default(null),
    resize: extent('Length of the shorter side, or [height, width]; null: as stored.'),
    crop: extent('Centre crop after resizing: side, or [height, width]; null: none.'),
    kernel: oneOf(['linear', 'cubic', 'lanczos3'], 'Filter of the resizing, widened when shrinking.').default('linear'),
    channels: z
      .literal([1, 3], { error: '1 or 3' })
      .describe('3: red, green, blue; 1: luminance. Grey images fit both.')
      .default(3),
  },
  synthetic: {
    format: z.literal('synthetic').describe('Random tensors, for models without data.'),
    shape: listOf(integer(1, 'A length.'), 'a list of lengths, channels first', 'Shape of one sample, channels first.'),
    distribution: oneOf(
      ['normal', 'uniform', 'halfNormal'],
      '`normal`: N(0, 1); `uniform`: -1 to 1; `halfNormal`: |N(0, 1)|, as after a ReLU.',
    ).default('normal'),
    channelScales: z
      .union([z.array(positive('A factor.')).min(1), z.record(z.string().regex(/^\d+$/), positive('A factor.'))], {
        error: 'a list with a factor above 0 for each channel, or a mapping of channel to factor',
      })
      .describe('Factor by channel: a list of all, or some by index, as {3: 50}; null: 1.')
      .nullable()
      .default(null),
    seed: integer(0, 'Seed of the generator.'),
    count: integer(1, 'Number of samples.'),
  },
  module: {
    format: z.literal('module').describe('A dataset of your own, an ES module. Runs with --allow-code only.'),
    path: file('the path of an ES module', 'The module; its default export opens the dataset.'),
    options: options(),
  },
  bevScenes: {
    format: z.literal('bevScenes').describe("Generated bird's-eye-view LiDAR scenes (the embedded demo's data)."),
    seed: integer(0, 'Seed of the scene generator.'),
    scenes: integer(1, 'Number of scenes.'),
  },
} as const;

const inputSchema = z
  .strictObject({
    path: file('the path of a .npy or .npz file', 'Array that is fed; relative to the experiment file.')
      .nullable()
      .default(null),
    array: text('the name of an array in the archive', 'Member of a .npz; null for a .npy.').nullable().default(null),
    value: z
      .union([z.number(), z.boolean()], { error: 'a number, true or false' })
      .describe('One number for the whole tensor, instead of a file.')
      .nullable()
      .default(null),
    per: oneOf(['sample', 'run'], '`sample`: the array is [N, ...]; `run`: it is fed whole to every run.').default(
      'sample',
    ),
  })
  .superRefine(({ path, value }, context) => {
    if ((path === null) === (value === null))
      context.addIssue({ code: 'custom', path: [], message: 'either path or value' });
  });

const furtherInputs = {
  inputs: z
    .record(z.string(), inputSchema, { error: 'a mapping of input names' })
    .describe("The model's further inputs, by name.")
    .default({}),
};

/** The data of one role: a source of any format, flattened beside the fields of the role. */
export function sourceSchema<Role extends z.ZodRawShape>(role: Role, title: string, description: string) {
  return z
    .discriminatedUnion('format', [
      z.strictObject({ ...sourceShapes.cifar10, ...furtherInputs, ...role }),
      z.strictObject({ ...sourceShapes.npy, ...furtherInputs, ...role }),
      z.strictObject({ ...sourceShapes.npz, ...furtherInputs, ...role }),
      z.strictObject({ ...sourceShapes.idx, ...furtherInputs, ...role }),
      z.strictObject({ ...sourceShapes.npyFolder, ...furtherInputs, ...role }),
      z.strictObject({ ...sourceShapes.imageFolder, ...furtherInputs, ...role }),
      z.strictObject({ ...sourceShapes.synthetic, ...furtherInputs, ...role }),
      z.strictObject({ ...sourceShapes.module, ...furtherInputs, ...role }),
      z.strictObject({ ...sourceShapes.bevScenes, ...furtherInputs, ...role }),
    ])
    .meta({ title, description });
}

type OfShape<Shape> = { [Key in keyof Shape]: Shape[Key] extends z.ZodType ? z.output<Shape[Key]> : never };

/** A source as the file has it, whichever role it is for. */
export type WrittenSource = {
  [Format in keyof typeof sourceShapes]: Immutable<OfShape<(typeof sourceShapes)[Format] & typeof furtherInputs>>;
}[keyof typeof sourceShapes];

const channelNumbers = 'a list of numbers, one per channel';
const deviations = 'a list of numbers other than 0, one per channel';

export const preprocessSchema = z
  .strictObject({
    layout: oneOf(
      ['channelsFirst', 'channelsLast'],
      'Axis order of the stored samples; the model is fed channels first.',
    ).default('channelsFirst'),
    channelOrder: oneOf(['keep', 'reverse'], '`reverse` turns RGB into BGR and back.').default('keep'),
    divideBy: positive('Every value is divided by this first (255 for bytes).').default(1),
    mean: listOf(
      z.number({ error: 'a number' }),
      channelNumbers,
      'Subtracted after the division, per channel; null: nothing.',
    )
      .nullable()
      .default(null),
    std: listOf(
      z.number({ error: 'a number other than 0' }).refine((value) => value !== 0, { error: 'a number other than 0' }),
      deviations,
      'Divided by after the mean, per channel; null: nothing.',
    )
      .nullable()
      .default(null),
  })
  .superRefine(({ mean, std }, context) => {
    if (mean !== null && std !== null && mean.length !== std.length)
      context.addIssue({ code: 'custom', path: ['std'], message: `as many numbers as mean has (${mean.length})` });
  })
  .meta({ title: 'Preprocessing', description: '((value / divideBy) - mean) / std, in float32.' });
