import { describe, expect, it } from 'vitest';

import { openDataset } from '../../../src/formats/open-dataset.js';
import type { SampleSource } from '../../../src/formats/data-source.js';
import { AS_STORED } from '../write-files.js';

type SyntheticSource = Extract<SampleSource, { format: 'synthetic' }>;

const SOURCE: SyntheticSource = {
  format: 'synthetic',
  shape: [4, 50, 50],
  distribution: 'normal',
  channelScales: null,
  seed: 7,
  count: 6,
};
const SIZE = 10_000;
const PLANE = 2500;

async function read(changes: Partial<SyntheticSource> = {}, first = 0, count = 1): Promise<Float32Array> {
  const into = new Float32Array(count * SIZE);
  await (
    await openDataset({ ...SOURCE, ...changes }, { ...AS_STORED, layout: 'channelsLast' })
  ).read(first, count, into);
  return into;
}

function moments(values: Float32Array): readonly [mean: number, deviation: number] {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return [mean, Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length)];
}

describe('synthetic samples', () => {
  it('are the same alone or in a batch, and different from each other and for another seed', async () => {
    const batch = await read({}, 2, 4);
    expect(await read({}, 4)).toEqual(batch.slice(2 * SIZE, 3 * SIZE));
    expect(batch.slice(0, SIZE)).not.toEqual(batch.slice(SIZE, 2 * SIZE));
    expect(await read({ seed: 8 }, 2)).not.toEqual(batch.slice(0, SIZE));
  });

  it('have the mean and deviation of their distribution', async () => {
    // Six standard errors of 40,000 draws: 0.03 for a deviation of 1.
    const [normalMean, normalDeviation] = moments(await read({}, 0, 4));
    expect(Math.abs(normalMean)).toBeLessThan(0.03);
    expect(Math.abs(normalDeviation - 1)).toBeLessThan(0.03);
    const uniform = await read({ distribution: 'uniform' }, 0, 4);
    expect(Math.abs(moments(uniform)[1] - 1 / Math.sqrt(3))).toBeLessThan(0.02);
    expect(Math.max(...uniform.subarray(0, SIZE))).toBeLessThanOrEqual(1);
    const half = await read({ distribution: 'halfNormal' }, 0, 4);
    expect(Math.abs(moments(half)[0] - Math.sqrt(2 / Math.PI))).toBeLessThan(0.02);
    expect(half.every((value) => value >= 0)).toBe(true);
  });

  it('are multiplied by the factor of their channel, of some or of all', async () => {
    const plain = await read();
    const some = await read({ channelScales: { '1': 50, '3': 0.5 } });
    expect(some).toEqual(await read({ channelScales: [1, 50, 1, 0.5] }));
    expect(some.slice(0, PLANE)).toEqual(plain.slice(0, PLANE));
    for (const place of [PLANE, 2 * PLANE - 1]) expect(some[place]! / plain[place]!).toBeCloseTo(50, 4);
    expect(some[3 * PLANE]! / plain[3 * PLANE]!).toBeCloseTo(0.5, 5);
  });

  it('are refused with a factor for a channel that is not there', async () => {
    await expect(read({ channelScales: { '4': 2 } })).rejects.toThrow(
      'Expected channelScales for channels 0..3, got one for channel 4 (synthetic, seed 7)',
    );
    await expect(read({ channelScales: [1, 2] })).rejects.toThrow('channelScales of 4 numbers');
  });
});
