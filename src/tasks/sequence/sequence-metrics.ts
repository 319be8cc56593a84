import type { MetricDefinitions } from '../metric-definition.js';

export const sequenceMetrics: MetricDefinitions = {
  exact: {
    title: 'exact match',
    definition: 'Share of samples whose text is read without an error, by greedy CTC decoding.',
    ...{ unit: 'fraction', better: 'higher', countsSamples: true },
  },
  cer: {
    title: 'character error rate',
    definition:
      'Sum of edit distances over the sum of lengths of the true texts, in code points, as jiwer and torchmetrics define it; may pass 1.',
    ...{ unit: 'ratio', better: 'lower' },
  },
  '1-cer': {
    title: '1 - character error rate',
    definition:
      '1 minus the sum of edit distances over the sum of lengths of the true texts, in code points, as jiwer and torchmetrics define the rate; may fall below 0.',
    ...{ unit: 'number', better: 'higher' },
  },
  paddleAcc: {
    title: 'acc (PaddleOCR)',
    definition: "Share of samples whose text is read without an error once spaces are removed: PaddleOCR's acc.",
    ...{ unit: 'fraction', better: 'higher', countsSamples: true },
  },
  paddleNormEditDistance: {
    title: 'norm_edit_dis (PaddleOCR)',
    definition:
      "1 minus the mean over samples of the edit distance over the longer length, spaces removed: PaddleOCR's norm_edit_dis.",
    ...{ unit: 'fraction', better: 'higher' },
  },
};
