import { integer } from '../../schema/schema-leaves.js';
import type { Dataset } from '../dataset.js';
import { defineFormat } from '../format.js';
import { planPreprocess, preprocessFloats } from '../preprocess/preprocess.js';
import { checkSampleRange } from '../sample-range.js';

export const rampFormat = defineFormat({
  description: 'Samples [8, 48, 48] that rise from 0, each a step above the one before.',
  settings: { count: integer(1, 'Number of samples.') },
  labels: 'never',
  groundTruth: 'never',
  channels: 'first',
  locate: ({ count }) => ({ count }),
  code: () => null,
  paths: [],
  files: () => [],
  folderNames: () => null,
  identity: ({ count }) => ({ header: { version: 1, count } }),
  open: ({ count }, preprocess): Dataset => {
    const plan = planPreprocess([8, 48, 48], preprocess, 'ramp');
    return {
      sampleCount: count,
      sampleShape: plan.sampleShape,
      labels: null,
      groundTruth: null,
      read(first, samples, into) {
        checkSampleRange(this, first, samples, into);
        for (let index = 0; index < samples; index += 1) {
          const values = Float32Array.from({ length: 18_432 }, (_, place) => (first + index + place) / 64);
          preprocessFloats(plan, values, 0, into, index * 18_432);
        }
      },
      close: () => undefined,
    };
  },
});
