import { describe, expect, it } from 'vitest';
import { expectedSquaredError, type QuantizerGrid } from '../../../src/calibrate/histograms/expected-squared-error.js';
import { coarseHistograms } from '../../../src/calibrate/histograms/coarse-histograms.js';
import { BINS_ALONE } from '../../../src/calibrate/histograms/histogram-detail.js';
import type { ChannelInputs } from '../../../src/calibrate/histograms/display-histogram.js';
import { randomFloats } from '../../onnx/pseudo-random.js';
import { statisticsOfChannels } from '../count-directly.js';

/** As a database holds them to look at: coarse, and no value by itself. */
function inputsOf(channels: readonly (readonly number[])[]): ChannelInputs {
  const { histograms, min, max } = statisticsOfChannels(channels, BINS_ALONE);
  return { histograms: coarseHistograms(histograms!), min, max };
}

const signed = (amax: number, bits: number): QuantizerGrid => ({
  scale: amax / (2 ** (bits - 1) - 1),
  lowest: -(2 ** (bits - 1)),
  highest: 2 ** (bits - 1) - 1,
});
const unsigned = (amax: number, bits: number): QuantizerGrid => ({
  scale: amax / (2 ** bits - 1),
  lowest: 0,
  highest: 2 ** bits - 1,
});

/** What quantizing each value itself costs. */
function directly(values: readonly number[], s: number, { scale, lowest, highest }: QuantizerGrid): number {
  return values.reduce((sum, x) => {
    const level = Math.min(highest, Math.max(lowest, Math.round(x / s / scale)));
    return sum + (level * scale * s - x) ** 2;
  }, 0);
}

const even = Array.from({ length: 4096 }, (_, i) => (i + 0.5) / 4096);
const tail = [...randomFloats(3, 6000, () => 1)].map((x) => Math.abs(x) ** 3 * 4);
const relu = [...randomFloats(5, 6000, () => 1)].map((x) => Math.max(0, x));

const shapes: Readonly<Record<string, readonly [readonly number[], QuantizerGrid]>> = {
  'a long tail': [tail, signed(4, 5)],
  'a long tail, clipped': [tail, signed(1, 5)],
  'a Relu': [relu, unsigned(1, 5)],
  'both signs': [[...randomFloats(7, 6000, () => 1)], signed(1, 4)],
  'negative values that become 0': [[...randomFloats(9, 6000, () => 1)], unsigned(1, 6)],
};

describe('expectedSquaredError', () => {
  it('is a twelfth of the squared step for values spread evenly', () => {
    const grid = unsigned(1, 4);
    const { squaredError, squaredValue, clipped, count } = expectedSquaredError(inputsOf([even]), [1], grid);
    expect(squaredError[0]! / count).toBeCloseTo(grid.scale ** 2 / 12, 6);
    expect(squaredValue[0]! / count).toBeCloseTo(1 / 3, 4);
    expect([count, clipped]).toEqual([4096, 0]);
  });

  it('is a quarter with the unused half of a signed grid, whose step is twice as wide', () => {
    const inputs = inputsOf([even]);
    const ratio =
      expectedSquaredError(inputs, [1], unsigned(1, 6)).squaredError[0]! /
      expectedSquaredError(inputs, [1], signed(1, 6)).squaredError[0]!;
    expect(ratio).toBeCloseTo((31 / 63) ** 2, 3);
  });

  it('counts what is clipped, and what it costs', () => {
    const { clipped, squaredError } = expectedSquaredError(inputsOf([even]), [1], unsigned(0.5, 8));
    expect(clipped / 4096).toBeCloseTo(0.5, 2);
    // The mean of (x - 0.5)^2 over the upper half is 1/12.
    expect(squaredError[0]! / 4096).toBeCloseTo(1 / 24, 3);
  });

  it('knows that zeros behind a Relu cost nothing', () => {
    const values = [...even, ...Array.from({ length: 20_000 }, () => 0)];
    const grid = unsigned(1, 8);
    const { squaredError } = expectedSquaredError(inputsOf([values]), [1], grid);
    expect(squaredError[0]! / 4096 / (grid.scale ** 2 / 12)).toBeCloseTo(1, 1);
  });

  it('is in units of x, each channel divided by its own s', () => {
    const inputs = inputsOf([even.map((x) => 16 * x), even]);
    const { squaredError } = expectedSquaredError(inputs, [16, 1], unsigned(1, 4));
    expect(squaredError[0]! / squaredError[1]!).toBeCloseTo(256, 6);
  });

  it.each(Object.keys(shapes))('is within 5 %% of quantizing every value, by coarse bins: %s', (name) => {
    const [values, grid] = shapes[name]!;
    const { squaredError } = expectedSquaredError(inputsOf([values]), [1], grid);
    expect(Math.abs(squaredError[0]! / directly(values, 1, grid) - 1)).toBeLessThan(0.05);
  });

  it('is 0 for a channel of zeros', () => {
    const { squaredError, squaredValue } = expectedSquaredError(
      inputsOf([even.map(() => 0), even]),
      [1, 1],
      signed(1, 8),
    );
    expect([squaredError[0], squaredValue[0]]).toEqual([0, 0]);
  });
});
