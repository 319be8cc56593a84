import { defineFormat } from '../format.js';
import { createSynthetic } from './synthetic.js';
import { syntheticSettings, type SyntheticSource } from './synthetic-settings.js';

/** To be raised with every change of the numbers that `createSynthetic` draws. */
const VERSION = 1;
const AS_STORED = { layout: 'channelsFirst', channelOrder: 'keep', divideBy: 1, mean: null, std: null } as const;

export const syntheticFormat = defineFormat({
  description: 'Random tensors, for models without data.',
  settings: syntheticSettings,
  labels: 'never',
  groundTruth: 'never',
  channels: 'first',
  locate: ({ shape, distribution, channelScales, seed, count }) => ({
    ...{ shape, distribution, channelScales, seed, count },
  }),
  code: () => null,
  paths: [],
  files: () => [],
  folderNames: () => null,
  // With the first sample, in case the version was forgotten.
  identity: async (source) => {
    const { shape, distribution, channelScales, seed, count } = source;
    return {
      header: { version: VERSION, shape, distribution, channelScales, seed, count },
      before: [await firstSample(source)],
    };
  },
  open: createSynthetic,
});

async function firstSample(source: SyntheticSource): Promise<Uint8Array> {
  const sample = new Float32Array(source.shape.reduce((product, size) => product * size, 1));
  await createSynthetic(source, AS_STORED).read(0, 1, sample);
  return new Uint8Array(sample.buffer);
}
