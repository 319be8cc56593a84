import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binExponent, CHANNEL_BINS } from '../../../src/calibrate/histograms/bin-width.js';
import { ChannelCounter } from '../../../src/calibrate/histograms/channel-counter.js';
import { joinHistograms } from '../../../src/calibrate/histograms/channel-histogram.js';
import { type ChannelHistograms } from '../../../src/records/channel-histograms.js';
import { BINS_ALONE } from '../../../src/calibrate/histograms/histogram-detail.js';
import { CountWriter } from '../../../src/calibrate/histograms/packed-counts.js';
import { unpack } from '../count-directly.js';

/** Feeds batches `[rows, C, inner]`, keeping the extremes as an observation does. */
function countBatches(
  batches: readonly (readonly number[])[],
  channels: number,
  inner: number,
  limit?: number,
): ChannelHistograms {
  const min = new Float64Array(channels).fill(Infinity);
  const max = new Float64Array(channels).fill(-Infinity);
  const counter = new ChannelCounter(min, max, BINS_ALONE, limit);
  for (const batch of batches) {
    const values = Float32Array.from(batch);
    for (const [i, value] of values.entries()) {
      const c = Math.floor(i / inner) % channels;
      min[c] = Math.min(min[c]!, value);
      max[c] = Math.max(max[c]!, value);
    }
    counter.add(values, inner);
  }
  return counter.snapshot();
}

/**
 * The definition: bin `floor(|x| / width)` of the smallest power of two that holds the largest |x|.
 */
function countDirectly(values: readonly number[]): { width: number; positive: number[]; negative: number[] } {
  const numbers = [...Float32Array.from(values)];
  const largest = Math.max(...numbers.map(Math.abs));
  let width = 2 ** -161;
  if (largest > 0) while (Math.floor(largest / width) >= CHANNEL_BINS) width *= 2;
  const count = (side: readonly number[]): number[] => {
    const counts = new Array<number>(CHANNEL_BINS).fill(0);
    for (const value of side) counts[Math.floor(Math.abs(value) / width)]!++;
    return counts;
  };
  return { width, positive: count(numbers.filter((x) => !(x < 0))), negative: count(numbers.filter((x) => x < 0)) };
}

const float = fc.oneof(
  fc.float({ noNaN: true, noDefaultInfinity: true }),
  fc.float({ min: -8, max: 8, noNaN: true }),
  fc.constantFrom(0, -0, 1, -1, 4, 1.401298464324817e-45),
);

describe('binExponent', () => {
  it('is the smallest with which the absmax lies below 4096 bins', () => {
    expect(binExponent(4095)).toBe(0);
    expect(binExponent(4096)).toBe(1);
    expect(binExponent(1)).toBe(-11);
    expect(binExponent(Math.fround(0.999))).toBe(-12);
    expect(binExponent(2 ** -149)).toBe(-160);
    expect(binExponent(0)).toBe(-161);
  });

  it('leaves at least half of the bins in use', () => {
    fc.assert(
      fc.property(fc.float({ min: Math.fround(1e-44), noNaN: true, noDefaultInfinity: true }), (absmax) => {
        const bin = Math.floor(absmax / 2 ** binExponent(absmax));
        expect(bin).toBeGreaterThanOrEqual(CHANNEL_BINS / 2);
        expect(bin).toBeLessThan(CHANNEL_BINS);
      }),
    );
  });
});

describe('ChannelCounter', () => {
  it('counts each channel of a tensor by hand', () => {
    // Two samples, two channels, two positions. Channel 0: 0, 1, 2, 4095; channel 1: -1, 0.5, 0.5,
    // -0.
    const { binWidth, ...sides } = countBatches([[0, 1, -1, 0.5, 2, 4095, 0.5, -0]], 2, 2);
    expect([...binWidth]).toEqual([1, 2 ** -11]);
    const [first, second] = unpack({ binWidth, ...sides }, 'positive') as [Float64Array, Float64Array];
    expect([first[0], first[1], first[2], first[4095]]).toEqual([1, 1, 1, 1]);
    expect([second[0], second[1024]]).toEqual([1, 2]);
    const [none, negative] = unpack({ binWidth, ...sides }, 'negative') as [Float64Array, Float64Array];
    expect(none.every((n) => n === 0)).toBe(true);
    expect(negative[2048]).toBe(1);
  });

  it('has no negative side behind a ReLU', () => {
    expect(countBatches([[0, 1, 2, -0]], 2, 1).negative).toBeNull();
  });

  it('merges neighbouring bins when a larger value comes, exactly', () => {
    const { binWidth, ...sides } = countBatches([[1, 2, 3], [4097]], 1, 1);
    expect(binWidth[0]).toBe(2);
    const [counts] = unpack({ binWidth, ...sides }, 'positive');
    // 1 lies in [0, 2), 2 and 3 in [2, 4), 4097 in [4096, 4098).
    expect([counts![0], counts![1], counts![2048]]).toEqual([1, 2, 1]);
  });

  it('equals the definition for any batches, whichever their sizes', () => {
    const batches = fc.array(fc.array(fc.tuple(float, float), { minLength: 1, maxLength: 6 }), {
      minLength: 1,
      maxLength: 5,
    });
    fc.assert(
      fc.property(batches, (rows) => {
        const histograms = countBatches(
          rows.map((batch) => batch.flat()),
          2,
          1,
        );
        for (const c of [0, 1]) {
          const expected = countDirectly(rows.flat().map((row) => row[c]!));
          expect(histograms.binWidth[c]).toBe(expected.width);
          expect([...unpack(histograms, 'positive')[c]!]).toEqual(expected.positive);
          expect([...unpack(histograms, 'negative')[c]!]).toEqual(expected.negative);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('counts the same from many small batches as from a large one', () => {
    const values = Array.from({ length: 2 * 5000 }, (_, i) => Math.sin(i) * (i % 7) - (i % 3));
    const small = Array.from({ length: 50 }, (_, k) => values.slice(k * 200, (k + 1) * 200));
    expect(countBatches(small, 2, 10)).toEqual(countBatches([values], 2, 10));
  });

  it('carries counts over before they overflow', () => {
    const batches = Array.from({ length: 9 }, (_, i) => new Array<number>(3000).fill(i % 2 === 0 ? 1 : -3));
    const carried = countBatches(batches, 1, 1, 7000);
    expect(carried).toEqual(countBatches(batches, 1, 1));
    expect(unpack(carried, 'positive')[0]![1024]).toBe(15000);
  });
});

describe('joinHistograms', () => {
  const part = fc.array(fc.tuple(float, float), { minLength: 1, maxLength: 5 });
  const of = (rows: readonly (readonly [number, number])[]): ChannelHistograms => countBatches([rows.flat()], 2, 1);

  it('of parts equals one pass over all, in any order and grouping', () => {
    fc.assert(
      fc.property(part, part, part, (a, b, c) => {
        const whole = of([...a, ...b, ...c]);
        expect(joinHistograms(joinHistograms(of(a), of(b)), of(c))).toEqual(whole);
        expect(joinHistograms(of(a), joinHistograms(of(b), of(c)))).toEqual(whole);
        expect(joinHistograms(of(c), joinHistograms(of(b), of(a)))).toEqual(whole);
      }),
      { numRuns: 60 },
    );
  });

  it('keeps counts above 2^32 exact', () => {
    const large = (count: number): ChannelHistograms => {
      const writer = new CountWriter();
      writer.write(Float64Array.of(0, count), 0, 2);
      return { binWidth: Float64Array.of(1), positive: writer.finish(), negative: null };
    };
    const joined = joinHistograms(large(2 ** 52 - 1), large(2 ** 24 + 1));
    expect(unpack(joined, 'positive')[0]![1]).toBe(2 ** 52 + 2 ** 24);
  });
});
