import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { calibrateInput, type CalibratorOptions } from '../../../src/calibrate/calibrators/calibrate-input.js';
import { entropyAmax } from '../../../src/calibrate/calibrators/entropy-calibrator.js';
import { mseAmax } from '../../../src/calibrate/calibrators/mse-calibrator.js';
import { percentileAmax } from '../../../src/calibrate/calibrators/percentile-calibrator.js';
import { CALIBRATION_BINS, smoothedHistogram } from '../../../src/calibrate/histograms/smoothed-histogram.js';
import { randomFloats } from '../../onnx/pseudo-random.js';
import { histogramDirectly, statisticsOfChannels } from '../count-directly.js';
import { literalDivergences, literalErrors, literalPercentile } from '../literal-calibrators.js';

const options: CalibratorOptions = { calibrator: 'max', percentile: 99.99, bits: 8, signed: true, symmetric: true };
const none = (channels: number): Float32Array => new Float32Array(channels).fill(1);

/** Bins with the given counts, the others empty. */
function histogram(counts: Readonly<Record<number, number>>): Float64Array {
  return Float64Array.from({ length: CALIBRATION_BINS }, (_, bin) => counts[bin] ?? 0);
}

/** A peak at zero, a falling slope, a few outliers, some gaps: as activations look. */
function random(seed: number): Float64Array {
  const noise = randomFloats(seed, CALIBRATION_BINS);
  return Float64Array.from(noise, (v, bin) => {
    const slope = 1e5 * Math.exp(-bin / (40 + 30 * (seed % 8)));
    return (v < -0.9 ? 0 : Math.floor(slope * (1 + v / 2))) + (bin % 97 === seed % 97 ? 3 : 0);
  });
}

describe('percentileAmax', () => {
  const counts = histogram({ 0: 90, 10: 9, 2047: 1 });

  it('is the lower edge of the bin where the cumulated share reaches the percentile', () => {
    expect(percentileAmax({ counts, high: 2048 }, 0.99, 0, 100)).toBe(10);
    expect(percentileAmax({ counts, high: 2048 }, 0.991, 0, 100)).toBe(2047);
  });

  it('of 100 % is the largest value itself', () => {
    expect(percentileAmax({ counts, high: 2048 }, 1, 0, 100)).toBe(2048);
  });

  it('is never zero while values are not', () => {
    expect(percentileAmax({ counts, high: 2048 }, 0.9, 0, 100)).toBe(1);
  });

  it.each([50, 99, 99.9, 99.99])('equals the definition on random counts at %f %%', (percentile) => {
    for (let seed = 1; seed < 6; seed++) {
      const counts = random(seed);
      const total = counts.reduce((a, b) => a + b, 0);
      const expected = literalPercentile(counts, 3, percentile);
      expect(percentileAmax({ counts, high: 3 }, percentile / 100, 0, total)).toBeCloseTo(expected, 12);
    }
  });
});

describe('entropyAmax', () => {
  it('cuts nothing where each level is one bin and all values lie below', () => {
    // With 128 bins of 128 levels Q equals P, and with 129 as well: bins 0 and 1 share a level and
    // count the same. Larger ranges lump unequal bins together.
    const counts = Float64Array.from({ length: CALIBRATION_BINS }, (_, bin) => (bin < 128 ? 100 + bin : 0));
    expect(entropyAmax({ counts, high: 2048 }, 128)).toBe(129);
  });

  it('takes the largest of equal divergences', () => {
    // Equal counts everywhere: at the full range Q equals P whatever the levels.
    expect(entropyAmax({ counts: new Float64Array(CALIBRATION_BINS).fill(7), high: 5 }, 128)).toBe(5);
    // All values in one bin: any range that holds it is perfect.
    expect(entropyAmax({ counts: histogram({ 60: 9 }), high: 5 }, 128)).toBe(5);
  });

  it('counts in bin 0 as much as in bin 1, however many zeros there are', () => {
    const few = random(3);
    const many = few.slice();
    many[0] = 1e9;
    expect(entropyAmax({ counts: many, high: 1 }, 128)).toBe(entropyAmax({ counts: few, high: 1 }, 128));
  });

  it('of zeros alone is the largest value', () => {
    expect(entropyAmax({ counts: histogram({ 0: 100 }), high: 3 }, 128)).toBe(3);
  });

  it.each([8, 128, 256, 4096])(
    'has the smallest divergence of all ranges by the definition, with %i levels',
    (levels) => {
      for (const seed of [1, 5]) {
        const counts = random(seed);
        const divergences = literalDivergences(counts, levels);
        const smallest = Math.min(...divergences);
        const chosen = Math.round(entropyAmax({ counts, high: CALIBRATION_BINS }, levels));
        expect(divergences[chosen - 128]).toBeCloseTo(smallest, 11);
        expect(chosen).toBe(128 + divergences.findLastIndex((d) => d <= smallest + 1e-12));
      }
    },
  );
});

describe('mseAmax', () => {
  it('is the centre of the bin of the only values', () => {
    expect(mseAmax({ counts: histogram({ 1000: 5 }), high: 2048 }, 1)).toBe(1000.5);
  });

  it('weighs the rounding of many against the clipping of few', () => {
    // One level above zero: 1000 (a - 200.5)^2 + (2047.5 - a)^2 is smallest at a = 202.3, in the
    // bin with centre 202.5.
    expect(mseAmax({ counts: histogram({ 200: 1000, 2047: 1 }), high: 2048 }, 1)).toBe(202.5);
    // Here the one at 200.5 is rounded to 0 whatever is near 2047.5.
    expect(mseAmax({ counts: histogram({ 200: 1, 2047: 1000 }), high: 2048 }, 1)).toBe(2047.5);
  });

  it('takes the smaller of equal amax', () => {
    expect(mseAmax({ counts: histogram({}), high: 2048 }, 127)).toBe(128.5);
  });

  it.each([1, 7, 127, 255, 32767])(
    'has the smallest error of all candidates by the definition, up to %i',
    (largest) => {
      for (const seed of [2, 7]) {
        const counts = random(seed);
        const errors = literalErrors(counts, 6, largest);
        const chosen = Math.round((mseAmax({ counts, high: 6 }, largest) / 6) * CALIBRATION_BINS - 0.5);
        expect(errors[chosen - 128]! / Math.min(...errors)).toBeCloseTo(1, 9);
      }
    },
  );
});

describe('smoothedHistogram', () => {
  it('scales each channel by 1/s and adds them up', () => {
    // x/s: channel 0 is 1 and 2, channel 1 is 4 (8/2) and 0.
    const inputs = statisticsOfChannels([
      [1, 2],
      [8, 0],
    ]);
    const { counts, high } = smoothedHistogram(inputs, Float32Array.of(1, 2), 'both');
    expect(high).toBe(4);
    // Bins are 4/2048 wide: 1 -> bin 512, 2 -> bin 1024, 4 -> the last one.
    expect([...counts.entries()].filter(([, n]) => n > 0)).toEqual([
      [0, 1],
      [512, 1],
      [1024, 1],
      [2047, 1],
    ]);
  });

  it('keeps apart what is above and below zero', () => {
    const inputs = statisticsOfChannels([[-3, 1, 0.5, 0]]);
    const positive = smoothedHistogram(inputs, none(1), 'positive');
    expect(positive.high).toBe(1);
    expect(positive.counts.reduce((a, b) => a + b)).toBe(3);
    const negative = smoothedHistogram(inputs, none(1), 'negative');
    expect(negative.high).toBe(3);
    expect([negative.counts[2047], negative.counts.reduce((a, b) => a + b)]).toEqual([1, 1]);
  });

  it('loses no value and moves none by more than a bin', () => {
    const value = fc.float({ min: -100, max: 100, noNaN: true });
    const factor = fc.float({ min: Math.fround(0.05), max: 20, noNaN: true });
    fc.assert(
      fc.property(fc.array(fc.tuple(value, value), { minLength: 1, maxLength: 40 }), factor, factor, (rows, s0, s1) => {
        const s = Float32Array.of(s0, s1);
        const { counts, high } = smoothedHistogram(
          statisticsOfChannels([rows.map((r) => r[0]), rows.map((r) => r[1])]),
          s,
          'both',
        );
        expect(counts.reduce((a, b) => a + b)).toBeCloseTo(rows.length * 2, 9);
        if (high === 0) return;
        const direct = histogramDirectly(
          rows.flatMap(([a, b]) => [a / s[0]!, b / s[1]!]),
          high,
          CALIBRATION_BINS,
        );
        let derived = 0;
        let exact = 0;
        for (let bin = 0; bin < CALIBRATION_BINS; bin++) {
          derived += counts[bin]!;
          // Everything that lies below this edge is derived to lie below the next, and the other
          // way round.
          const before = exact;
          exact += direct[bin]!;
          expect(derived).toBeLessThanOrEqual(exact + (direct[bin + 1] ?? 0) + 1e-9);
          expect(derived).toBeGreaterThanOrEqual(before - 1e-9);
        }
      }),
      { numRuns: 50 },
    );
  });
});

describe('calibrateInput', () => {
  const inputs = statisticsOfChannels([
    [4, -1, 0, 2],
    [-9, 3, 1, 0],
  ]);
  const s = Float32Array.of(2, 3);

  it.each([
    ['signed', { signed: true }, { low: -3, high: 3 }],
    ['unsigned', { signed: false }, { low: 0, high: 2 }],
    ['asymmetric', { symmetric: false }, { low: -3, high: 2 }],
  ])('with max needs no histograms: %s', (_, scheme, expected) => {
    expect(calibrateInput({ ...inputs, histograms: null }, s, { ...options, ...scheme })).toEqual(expected);
  });

  it('gives two ends that leave out half of the rest each', () => {
    // 1000 values -500 .. 499: 99 % leaves out 5 on either side, up to one bin of 500/2048.
    const [ramp] = [statisticsOfChannels([Array.from({ length: 1000 }, (_, i) => i - 500)])];
    const { low, high } = calibrateInput(ramp, none(1), {
      ...options,
      calibrator: 'percentile',
      percentile: 99,
      symmetric: false,
    });
    expect(Math.abs(low - -495)).toBeLessThan(0.5);
    expect(Math.abs(high - 494)).toBeLessThan(0.5);
  });

  it('with two ends and 100 % is the range itself', () => {
    const whole = { ...options, calibrator: 'percentile', percentile: 100, symmetric: false } as const;
    expect(calibrateInput(inputs, s, whole)).toEqual({ low: -3, high: 2 });
  });

  it('keeps an end at zero where nothing lies beyond', () => {
    const positive = statisticsOfChannels([[0, 1, 2]]);
    const range = calibrateInput(positive, none(1), { ...options, calibrator: 'percentile', symmetric: false });
    expect(range.low).toBe(0);
  });

  it.each(['percentile', 'entropy', 'mse'] as const)('unsigned counts what is below zero as zero: %s', (calibrator) => {
    const values = Array.from(randomFloats(4, 4000, (i) => (i % 50 === 0 ? 4 : 1)));
    const clipped = values.map((v) => Math.max(0, v));
    const unsigned = { ...options, calibrator, signed: false, percentile: 98 };
    const expected = calibrateInput(statisticsOfChannels([clipped]), none(1), unsigned).high;
    const { low, high } = calibrateInput(statisticsOfChannels([values]), none(1), unsigned);
    expect(low).toBe(0);
    expect(Math.abs(high / expected - 1)).toBeLessThan(0.01);
  });

  it.each(['percentile', 'entropy', 'mse'] as const)('of zeros is zero: %s', (calibrator) => {
    expect(calibrateInput(statisticsOfChannels([[0, 0]]), none(1), { ...options, calibrator })).toEqual({
      low: 0,
      high: 0,
    });
  });

  it.each(['entropy', 'mse'] as const)('refuses %s with two ends', (calibrator) => {
    expect(() => calibrateInput(inputs, s, { ...options, calibrator, symmetric: false })).toThrow(
      `Expected calibrator max or percentile for an asymmetric range, got ${calibrator}`,
    );
  });

  it('names the layer without histograms', () => {
    expect(() => calibrateInput({ ...inputs, histograms: null }, s, { ...options, calibrator: 'mse' })).toThrow(
      '"layer"',
    );
  });

  it.each(['percentile', 'entropy', 'mse'] as const)('is near a second pass over x/s: %s', (calibrator) => {
    const channels = [1, 7, 0.1].map((scale, c) =>
      Array.from(
        randomFloats(c + 1, 20000, (i) => scale * (i % 100 === 0 ? 4 : 1)),
        (v) => Math.max(0, v),
      ),
    );
    const s = Float32Array.of(0.7, 3.1, 0.2);
    const derived = calibrateInput(statisticsOfChannels(channels), s, {
      ...options,
      calibrator,
      percentile: 99.9,
    }).high;
    const smoothed = channels.flatMap((values, c) => values.map((v) => Math.fround(v) / s[c]!));
    const high = smoothed.reduce((a, b) => Math.max(a, b));
    const counts = histogramDirectly(smoothed, high, CALIBRATION_BINS);
    const direct = {
      percentile: () => percentileAmax({ counts, high }, 0.999, 0, smoothed.length),
      entropy: () => entropyAmax({ counts, high }, 128),
      mse: () => mseAmax({ counts, high }, 127),
    }[calibrator]();
    expect(Math.abs(derived / direct - 1)).toBeLessThan(0.03);
  });
});
