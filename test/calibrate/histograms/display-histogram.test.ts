import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  DISPLAY_BINS,
  displayHistogram,
  type ChannelInputs,
  type DisplayBin,
} from '../../../src/calibrate/histograms/display-histogram.js';
import { statisticsOfChannels } from '../count-directly.js';

function inputsOf(channels: readonly (readonly number[])[]): ChannelInputs {
  const { histograms, min, max } = statisticsOfChannels(channels);
  return { histograms: histograms!, min, max };
}

const filled = (bins: readonly DisplayBin[]): DisplayBin[] => bins.filter(({ count }) => count > 0);
const total = (bins: readonly DisplayBin[]): number => bins.reduce((sum, { count }) => sum + count, 0);

describe('displayHistogram', () => {
  it('merges channels over [-amax, amax], and each divided by its s', () => {
    const inputs = inputsOf([
      [64, 1.5, 1.5],
      [-2.5, 8, 0],
    ]);
    expect(filled(displayHistogram(inputs, null))).toEqual([
      { low: -3, high: -2, count: 1 },
      { low: 0, high: 1, count: 1 },
      { low: 1, high: 2, count: 2 },
      { low: 8, high: 9, count: 1 },
      { low: 63, high: 64, count: 1 },
    ]);
    // 64/4, 1.5/4 and 8 stay; bins are a quarter as wide.
    expect(filled(displayHistogram(inputs, Float64Array.of(4, 1)))).toEqual([
      { low: -2.5, high: -2.25, count: 1 },
      { low: 0, high: 0.25, count: 1 },
      { low: 0.25, high: 0.5, count: 2 },
      { low: 8, high: 8.25, count: 1 },
      { low: 15.75, high: 16, count: 1 },
    ]);
  });

  it('begins at 0 where no value is negative, as behind a ReLU', () => {
    const bins = displayHistogram(inputsOf([[128, 3.5]]), null);
    expect(bins).toHaveLength(DISPLAY_BINS);
    expect(filled(bins)).toEqual([
      { low: 3, high: 4, count: 1 },
      { low: 127, high: 128, count: 1 },
    ]);
  });

  it('ranges as far as the statistics do, which may be of more samples', () => {
    const inputs = { ...inputsOf([[1, 2]]), max: Float64Array.of(128) };
    expect(displayHistogram(inputs, null).at(-1)).toEqual({ low: 127, high: 128, count: 0 });
    const negative = { ...inputs, min: Float64Array.of(-64) };
    expect(displayHistogram(negative, null)[0]).toEqual({ low: -128, high: -126, count: 0 });
  });

  it('is one bin of zeros where all values are 0', () => {
    expect(displayHistogram(inputsOf([[0, 0]]), null)).toEqual([{ low: 0, high: 0, count: 2 }]);
  });

  it('shares out a bin that crosses an edge in proportion, in whole numbers', () => {
    // Five values in [0, 1) and one in [1, 2); a bin is 0.4 wide.
    const inputs = {
      histograms: { binWidth: Float64Array.of(1), positive: Uint8Array.of(2, 5, 1), negative: null },
      min: Float64Array.of(0),
      max: Float64Array.of(51.2),
    };
    const counts = displayHistogram(inputs, null).map(({ count }) => count);
    expect(counts.slice(0, 5)).toEqual([2, 2, 1, 1, 0]);
    expect(total(displayHistogram(inputs, null))).toBe(6);
  });

  const value = fc.oneof(fc.float({ min: -100, max: 100, noNaN: true }), fc.float({ min: 0, max: 1, noNaN: true }));
  const channels = fc
    .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 40 }))
    .chain(([count, length]) =>
      fc.tuple(
        fc.array(fc.array(value, { minLength: length, maxLength: length }), { minLength: count, maxLength: count }),
        fc.array(fc.double({ min: 1e-3, max: 1e3, noNaN: true }), { minLength: count, maxLength: count }),
      ),
    );

  it('keeps the total exactly, and no value is off by more than one bin', () => {
    fc.assert(
      fc.property(channels, ([values, s]) => {
        const bins = displayHistogram(inputsOf(values), Float64Array.from(s));
        expect(total(bins)).toBe(values.flat().length);
        expect(bins.every(({ count }) => Number.isInteger(count) && count >= 0)).toBe(true);
        const smoothed = values.flatMap((own, c) => own.map((x) => Math.fround(x) / s[c]!));
        const width = bins[0]!.high - bins[0]!.low;
        let below = 0;
        for (const { high, count } of bins.slice(0, -1)) {
          below += count;
          // An own bin is at most a sixteenth of a bin here.
          const slack = width / 16 + 1e-9 * width;
          expect(below).toBeGreaterThanOrEqual(smoothed.filter((x) => x < high - slack).length);
          expect(below).toBeLessThanOrEqual(smoothed.filter((x) => x < high + slack).length);
        }
      }),
    );
  });
});
