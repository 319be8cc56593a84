import { z } from 'zod';
import { integer, listOf, oneOf, positive } from '../../schema/schema-leaves.js';
import type { Settled } from '../../schema/settled.js';

export const syntheticSettings = {
  shape: listOf(integer(1, 'A length.'), 'a list of lengths, channels first', 'Shape of one sample, channels first.'),
  distribution: oneOf(
    ['normal', 'uniform', 'halfNormal', 'bytes'],
    '`normal`: N(0, 1); `uniform`: -1 to 1; `halfNormal`: |N(0, 1)|, as after a ReLU; `bytes`: whole numbers from 0 to 255.',
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
};

export type SyntheticSource = Settled<typeof syntheticSettings>;
