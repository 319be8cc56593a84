import { describe, expect, it } from 'vitest';
import type { MomentsStage } from '../../src/plan/plan.js';
import { momentsParts, partsPerOctave, rangesOf } from '../../src/schedule/moments-parts.js';

const model = { path: '/m.onnx', input: null, output: null, sha256: 'a' };

function stage(...samples: readonly number[]): MomentsStage {
  return {
    kind: 'moments',
    key: 'k',
    model,
    preprocess: { layout: 'channelsFirst', channelOrder: 'keep', divideBy: 1, mean: null, std: null },
    calibration: {
      source: { format: 'npy', path: '/samples.npy', labels: null, groundTruth: null },
      sampleSeed: 3,
    },
    ops: ['Conv'],
    samples,
  };
}

describe('ranges of second moments', () => {
  it('cover the samples once, in order', () => {
    for (const samples of [1, 31, 32, 33, 256, 257, 1000, 10_000]) {
      for (const parts of [1, 2, 4]) {
        const ranges = rangesOf(samples, parts);
        expect(ranges[0]!.first).toBe(0);
        expect(ranges.at(-1)!.end).toBe(samples);
        for (let i = 1; i < ranges.length; i++) expect(ranges[i]!.first).toBe(ranges[i - 1]!.end);
        for (const { first, end } of ranges) expect(end).toBeGreaterThan(first);
      }
    }
  });

  it('end at places that do not depend on how many samples there are, but for the last', () => {
    const ends = (samples: number): readonly number[] => rangesOf(samples, 4).map(({ end }) => end);
    expect(ends(200)).toEqual([64, 128, 192, 200]);
    expect(ends(1200)).toEqual([64, 128, 192, 256, 320, 384, 448, 512, 640, 768, 896, 1024, 1200]);
    for (const samples of [65, 300, 1199])
      expect(ends(1200)).toEqual(expect.arrayContaining(ends(samples).slice(0, -1)));
  });

  it('are few where there are many samples or the parts are large', () => {
    expect(rangesOf(10_000, 4).length).toBeLessThan(30);
    expect(rangesOf(256, partsPerOctave(10e6))).toHaveLength(4);
    expect(rangesOf(256, partsPerOctave(30e6))).toHaveLength(2);
    expect(rangesOf(256, partsPerOctave(1e9))).toHaveLength(1);
  });

  it('are a part each, shared by all sizes', () => {
    const parts = momentsParts(stage(40, 128, 150), model, 4);
    expect(parts.map(({ id }) => id)).toEqual(['samples 0-40', 'samples 0-64', 'samples 64-128', 'samples 128-150']);
    expect(parts[3]!.job).toMatchObject({ kind: 'moments', first: 128, end: 150, sampleSeed: 3, ops: ['Conv'] });
  });
});
