import { resolve } from 'node:path';
import { z } from 'zod';
import { file, flag, fraction, listOf, oneOf, text } from '../../schema/schema-leaves.js';
import type { Settled } from '../../schema/settled.js';
import { bootstrap } from '../bootstrap-setting.js';
import { truthArrayName, truthSuffixes } from '../truth/truth-settings.js';

const number = z.int({ error: 'a whole number' });
const relabelled = 'a mapping of stored numbers to class numbers, such as { 255: 1 }';
const classes = 'the number of classes, 2 or more, or a list of their names';

export const segmentationSettings = {
  truth: file(
    'the path of a folder of PNG masks, or of a .npy or .npz file',
    'Masks: a folder of PNG files (palette index or grey is the class), matched by name, or an array [N, H, W] in the order of the samples.',
  ),
  array: truthArrayName,
  ...truthSuffixes,
  classes: z
    .union(
      [
        z.int({ error: classes }).min(2, { error: classes }).max(65535, { error: classes }),
        listOf(text('a class name', 'A name.'), classes, 'Names by class number.').min(2, { error: classes }),
      ],
      { error: classes },
    )
    .describe('Number of classes, or their names in order; null: as many as the output has channels.')
    .nullable()
    .default(null),
  ignore: z
    .array(number, { error: 'a list of whole numbers' })
    .describe('Numbers in masks that are left out of every count, as stored.')
    .default([255]),
  relabel: z
    .record(z.string().regex(/^\d+$/, { error: relabelled }), number.min(0, { error: relabelled }), {
      error: relabelled,
    })
    .describe('Class numbers for numbers in masks, before `ignore`: `{ 255: 1 }` for masks of 0 and 255.')
    .default({}),
  reduceZeroLabel: flag('Masks count classes from 1, 0 is left out, as in ADE20K.').default(false),
  output: oneOf(
    ['auto', 'logits', 'logitsChannelsLast', 'labels', 'foreground', 'foregroundLogit'],
    'What the output is: logits [N, C, H, W] or [N, H, W, C]; labels, class numbers as ArgMax gives them; the probability of class 1, or its logit. `auto`: by its shape (docs/TASKS.md).',
  ).default('auto'),
  threshold: fraction('a number from 0 to 1').describe('A foreground probability above it is class 1.').default(0.5),
  resize: oneOf(
    ['logits', 'labels', 'truth'],
    "`logits`: bilinear to the mask's size, then the largest; `labels`: the largest, then nearest to the mask's size; `truth`: the mask to the output's size, nearest. null: `logits`, of labels `labels`.",
  )
    .nullable()
    .default(null),
  nearest: oneOf(
    ['floor', 'center'],
    'Which pixel is nearest: `floor(i * scale)` as in torch and OpenCV, or the one under the centre as in Pillow.',
  ).default('floor'),
  bootstrap,
};

type FileSettings = Settled<typeof segmentationSettings>;

/** `truth` is absolute. */
export type SegmentationTask = FileSettings;

export function locateSegmentation(
  { truth, array, sampleSuffix, truthSuffix, ...rest }: FileSettings,
  folder: string,
): SegmentationTask {
  const { classes: given, ignore, relabel, reduceZeroLabel, output, threshold, resize, nearest } = rest;
  return {
    ...{ truth: resolve(folder, truth), array, sampleSuffix, truthSuffix, classes: given, ignore, relabel },
    ...{ reduceZeroLabel, output, threshold, resize, nearest, bootstrap: rest.bootstrap },
  };
}

/** Number of classes as far as settings say; null: the output does. */
export function declaredClasses({ classes: given }: Pick<SegmentationTask, 'classes'>): number | null {
  return given === null || typeof given === 'number' ? given : given.length;
}
