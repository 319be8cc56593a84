import type { MetricDefinitions } from '../metric-definition.js';

export const embeddingMetrics: MetricDefinitions = {
  accuracy: {
    title: 'verification accuracy',
    definition:
      'Share of pairs called right, mean over contiguous folds, each at the threshold that is best on the others: the protocol of LFW as facenet and insightface have it, on normalized embeddings.',
    ...{ unit: 'fraction', better: 'higher', countsSamples: true },
  },
  accuracyDeviation: {
    title: 'standard deviation over folds',
    definition: 'Population standard deviation of the accuracies of the folds.',
    ...{ unit: 'fraction', better: 'lower' },
  },
  threshold: {
    title: 'threshold',
    definition: 'Mean over folds of the distance below which a pair is called the same.',
    ...{ unit: 'number', better: 'lower' },
  },
  tar: {
    title: 'TAR at FAR',
    definition:
      'True accept rate at the false accept rate of the slice: a pair is accepted if it is nearer than the (floor(FAR n) + 1)-th nearest of n pairs that are not the same.',
    ...{ unit: 'fraction', better: 'higher' },
  },
};
