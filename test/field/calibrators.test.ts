import { describe, expect, it } from 'vitest';
import { calibrateInput, type CalibratorOptions } from '../../src/calibrate/calibrators/calibrate-input.js';
import { joinHistograms } from '../../src/calibrate/histograms/channel-histogram.js';
import { calibrationDetail } from '../../src/calibrate/histograms/histogram-detail.js';
import { CALIBRATION_BINS, smoothedHistogram } from '../../src/calibrate/histograms/smoothed-histogram.js';
import { mseRange } from '../../src/calibrate/weight-calibrators/mse-weight-calibrator.js';
import { asymmetricQuantizer, symmetricQuantizer, type Quantizer } from '../../src/quantize/quantizers/quantizer.js';
import { histogramDirectly, statisticsOfChannels } from '../calibrate/count-directly.js';
import { literalDivergences, literalErrors, literalPercentile } from '../calibrate/literal-calibrators.js';

const options = { percentile: 99.99, bits: 8, signed: true, symmetric: true } as const;

/** Numbers in [0, 1), Weyl's sequence with its bits mixed. */
function generator(seed: number): () => number {
  let state = seed * 7919;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
}

/** Shapes of activations, from two uniform numbers. */
const shapes: Readonly<Record<string, (u: number, v: number) => number>> = {
  normal: (u, v) => Math.sqrt(-2 * Math.log(u + 1e-9)) * Math.cos(2 * Math.PI * v),
  relu: (u, v) => Math.max(0, Math.sqrt(-2 * Math.log(u + 1e-9)) * Math.cos(2 * Math.PI * v)),
  relu6: (u, v) => Math.min(6, Math.max(0, 3 * Math.sqrt(-2 * Math.log(u + 1e-9)) * Math.cos(2 * Math.PI * v))),
  laplace: (u, v) => Math.log(u + 1e-9) * (v < 0.5 ? -1 : 1),
  outliers: (u, v) => (u < 0.002 ? 40 * v : v - 0.5),
  pixels: (u) => (Math.floor(u * 256) / 255 - 0.485) / 0.229,
};

interface Input {
  readonly channels: readonly (readonly number[])[];
  readonly s: Float32Array;
}

function randomInput(shape: string, count: number, length: number, seed: number): Input {
  const uniform = generator(seed);
  const draw = shapes[shape]!;
  const channels = Array.from({ length: count }, () => {
    const scale = shape === 'pixels' || shape === 'relu6' ? 1 : 0.2 + 4 * uniform() ** 3;
    return Array.from({ length }, () => scale * draw(uniform(), uniform()));
  });
  const s = Float32Array.from(channels, () => (seed % 2 === 0 ? 1 : 0.3 + 2 * uniform()));
  return { channels, s };
}

/** numpy's histogram of |x/s| of all values: another look at them. */
function directHistogram({ channels, s }: Input): { readonly counts: Float64Array; readonly high: number } {
  const smoothed = channels.flatMap((values, c) => values.map((value) => Math.fround(value) / s[c]!));
  const high = smoothed.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return { counts: histogramDirectly(smoothed, high, CALIBRATION_BINS), high };
}

/** pytorch-quantization's choices, in bins. */
function literalChoices({ counts, high }: ReturnType<typeof directHistogram>) {
  const divergences = literalDivergences(counts, 128);
  const errors = literalErrors(counts, high, 127);
  const smallest = Math.min(...divergences);
  return {
    divergences,
    errors,
    entropy: 128 + divergences.findLastIndex((d) => d <= smallest + 1e-12),
    mse: 128.5 + errors.indexOf(Math.min(...errors)),
    percentile: (literalPercentile(counts, high, 99.99) / high) * CALIBRATION_BINS,
  };
}

function chosenBins(input: Input, calibrator: CalibratorOptions['calibrator'], high: number): number {
  const { high: amax } = calibrateInput(statisticsOfChannels(input.channels), input.s, { ...options, calibrator });
  return (amax / high) * CALIBRATION_BINS;
}

const calibrators = ['entropy', 'mse', 'percentile'] as const;

describe('13: calibrators against the literal algorithms on direct histograms of |x/s|', () => {
  it.each([
    ['normal', 16, 3000],
    ['normal', 3, 4000],
    ['relu', 64, 1000],
    ['laplace', 8, 4000],
    ['outliers', 24, 2500],
    ['outliers', 1, 4000],
    // Any number of values, since few are distinct; all of a ReLU6's 6 lie on one edge.
    ['pixels', 3, 60000],
    ['relu6', 16, 6000],
  ])(
    'agree to the bin where the largest distinct values are all there are: %s, %i channels',
    (shape, count, length) => {
      const input = randomInput(shape, count, length, count);
      const direct = directHistogram(input);
      expect(smoothedHistogram(statisticsOfChannels(input.channels), input.s, 'both')).toEqual(direct);
      const literal = literalChoices(direct);
      for (const calibrator of calibrators) {
        expect(Math.abs(chosenBins(input, calibrator, direct.high) - literal[calibrator])).toBeLessThan(1e-6);
      }
    },
  );

  it.each([
    ['normal', 16, 40000],
    ['relu', 9, 60000],
    ['laplace', 48, 12000],
    ['outliers', 5, 60000],
    ['outliers', 128, 5000],
    ['relu6', 33, 20000],
  ])('choose as well where values had to be put into bins: %s, %i channels', (shape, count, length) => {
    const input = randomInput(shape, count, length, count);
    const direct = directHistogram(input);
    const literal = literalChoices(direct);
    const { high } = direct;
    const entropy = Math.round(chosenBins(input, 'entropy', high));
    const mse = Math.round(chosenBins(input, 'mse', high) - 0.5);
    expect(Math.abs(chosenBins(input, 'percentile', high) - literal.percentile)).toBeLessThanOrEqual(1.001);
    expect(literal.errors[mse - 128]! / Math.min(...literal.errors)).toBeLessThan(1.0001);
    // On the direct histogram the chosen range is as good but for a hundredth, mostly the very
    // same.
    expect(literal.divergences[entropy - 128]! / Math.min(...literal.divergences)).toBeLessThan(1.01);
  });

  it('keep the same largest values however the samples are cut, and in whichever order', () => {
    const { channels } = randomInput('laplace', 2, 12000, 5);
    const part = (from: number, to: number) =>
      statisticsOfChannels(channels.map((values) => values.slice(from, to))).histograms!;
    const [a, b, c] = [part(0, 3000), part(3000, 7000), part(7000, 12000)];
    const whole = statisticsOfChannels(channels).histograms!;
    expect(joinHistograms(joinHistograms(a, b), c)).toEqual(whole);
    expect(joinHistograms(c, joinHistograms(b, a))).toEqual(whole);
    expect(calibrationDetail(2).largest).toBeLessThan(6000);
  });
});

/** Squared error of values that are rounded to multiples of a scale, between two integers. */
function weightError(values: Float32Array, { scale, qmin, qmax, zeroPoint }: Quantizer): number {
  let sum = 0;
  for (const value of values) {
    const half = value / scale;
    const below = Math.floor(half);
    const integer = half - below === 0.5 ? below + (below & 1) : Math.round(half);
    sum += (Math.min(qmax - zeroPoint, Math.max(qmin - zeroPoint, integer)) * scale - value) ** 2;
  }
  return sum;
}

describe('13: weight.calibrator mse against a dense scan of ranges', () => {
  it.each([
    ['signed', (low: number, high: number, bits: number) => symmetricQuantizer(Math.max(-low, high), bits)],
    ['asymmetric', asymmetricQuantizer],
  ] as const)('leaves no more squared error than 4,000 shares of the range, %s', (_, quantizerOf) => {
    for (const [seed, length] of [9, 27, 64, 144, 576].entries()) {
      for (const shape of ['normal', 'laplace'] as const) {
        const { channels } = randomInput(shape, 1, length, seed + 1);
        const values = Float32Array.from(channels[0]!);
        const [low, high] = [Math.min(0, ...values), Math.max(0, ...values)];
        for (const bits of [2, 4, 8]) {
          const atShare = (share: number): Quantizer => quantizerOf(share * low, share * high, bits);
          let least = Infinity;
          for (let i = 1; i <= 4000; i++) least = Math.min(least, weightError(values, atShare(i / 4000)));
          const found = weightError(values, mseRange(values, atShare(1), atShare));
          expect(found, `${shape} ${length} ${bits}`).toBeLessThanOrEqual(least * 1.005);
        }
      }
    }
  });
});
