import { resolve } from 'node:path';
import { z } from 'zod';
import { file, flag, integer, oneOf, positive } from '../../schema/schema-leaves.js';
import type { Settled } from '../../schema/settled.js';
import { bootstrap } from '../bootstrap-setting.js';
import { truthArrayName, truthSuffixes } from '../truth/truth-settings.js';

const ranges = '1 or 255';

export const restorationSettings = {
  truth: file(
    'the path of a folder of pictures, or of a .npy or .npz file',
    'What outputs should be: a folder of PNG or JPEG files, matched by name, or an array of the shape of the output in the order of the samples.',
  ),
  array: truthArrayName,
  ...truthSuffixes,
  range: z.literal([1, 255], { error: ranges }).describe('The output is from 0 to this.').default(1),
  truthRange: z
    .literal([1, 255], { error: ranges })
    .describe('The same of an array of truth; null: as the output. Pictures are from 0 to 255.')
    .nullable()
    .default(null),
  layout: oneOf(['channelsFirst', 'channelsLast'], 'Axis order of the output, and of an array of truth.').default(
    'channelsFirst',
  ),
  channelOrder: oneOf(['rgb', 'bgr'], 'Order of the colours of the output, and of an array of truth.').default('rgb'),
  channel: oneOf(
    ['all', 'y'],
    '`y`: luma alone, 16 + 65.481 R + 128.553 G + 24.966 B, as super-resolution is often compared.',
  ).default('all'),
  round: flag('The output is rounded to 8 bits and clamped first, as BasicSR does. Truth is, too.').default(false),
  crop: integer(0, 'Pixels left out along each border: the scale, in super-resolution.').default(0),
  cap: positive('PSNR in dB that no picture passes: that of identical ones is infinite.').default(100),
  bootstrap,
};

/** `truth` is absolute. */
export type RestorationTask = Settled<typeof restorationSettings>;

export function locateRestoration(settings: RestorationTask, folder: string): RestorationTask {
  const { truth, array, sampleSuffix, truthSuffix, range, truthRange, layout, channelOrder } = settings;
  const { channel, round, crop, cap, bootstrap: replicates } = settings;
  return {
    ...{ truth: resolve(folder, truth), array, sampleSuffix, truthSuffix, range, truthRange, layout, channelOrder },
    ...{ channel, round, crop, cap, bootstrap: replicates },
  };
}
