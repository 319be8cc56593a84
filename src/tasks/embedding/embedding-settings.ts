import { file, fraction, integer, listOf, oneOf } from '../../schema/schema-leaves.js';
import type { Settled } from '../../schema/settled.js';

const rate = 'a rate above 0 and below 1';

export const embeddingSettings = {
  truth: file('the path of the file of pairs', 'Pairs of samples and whether both are the same: CSV, JSON, or LFW.'),
  folds: integer(2, 'Parts of the list of pairs, in its order; the threshold of each comes from the others.').default(
    10,
  ),
  distance: oneOf(
    ['squared', 'cosine'],
    'Of normalized embeddings: squared distance, thresholds 0 to 4; or 1 - cosine, half of it, thresholds 0 to 2.',
  ).default('squared'),
  far: listOf(
    fraction(rate).gt(0, { error: rate }).lt(1, { error: rate }),
    'a list of rates above 0 and below 1',
    'False accept rates at which the true accept rate is measured.',
  ).default([0.1, 0.01, 0.001]),
};

export type EmbeddingTask = Settled<typeof embeddingSettings>;
