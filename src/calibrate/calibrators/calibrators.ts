import type { InputStatistics } from '../../records/observation-record.js';
import { entropyAmax } from './entropy-amax.js';
import { mseAmax } from './mse-amax.js';
import { percentileAmax } from './percentile-amax.js';
import { negativeCount, smoothedHistogram } from '../histograms/smoothed-histogram.js';

export interface CalibratorOptions {
  readonly calibrator: 'max' | 'percentile' | 'entropy' | 'mse';
  /** Of `percentile`: per cent of the values that the range holds, 0 < p <= 100. */
  readonly percentile: number;
  /** Of the quantizer; `entropy` and `mse` depend on them. */
  readonly bits: number;
  readonly signed: boolean;
  /** Zero is at the integer 0; else the range has two ends of its own. */
  readonly symmetric: boolean;
}

/** What a quantizer must represent, `low <= 0 <= high`. */
export interface CalibratedRange {
  readonly low: number;
  readonly high: number;
}

/**
 * The range of a layer's input divided by s. `max` needs the channels' extremes only and is exact; the others derive it
 * from the channels' histograms. Symmetric: high is amax and low is -amax; unsigned: low is 0 and what is below zero is
 * cut off, so that it counts as zero. Asymmetric: `max`, or `percentile` with half of what it leaves out on either side.
 *
 * @param s `[C]`
 * @throws RangeError for an asymmetric range by `entropy` or `mse`, which are defined on symmetric ranges
 */
export function calibrateInput(inputs: InputStatistics, s: Float32Array, options: CalibratorOptions): CalibratedRange {
  if (!options.symmetric) return asymmetricRange(inputs, s, options);
  const high = amaxOf(inputs, s, options);
  return { low: options.signed ? 0 - high : 0, high };
}

function amaxOf(
  inputs: InputStatistics,
  s: Float32Array,
  { calibrator, percentile, bits, signed }: CalibratorOptions,
): number {
  if (calibrator === 'max') return signed ? maxCalibrator(inputs.absmax, s) : maxCalibrator(inputs.max, s);
  const histogram = smoothedHistogram(inputs, s, signed ? 'both' : 'positive');
  // A quantizer of unsigned numbers makes zeros of those below zero.
  if (!signed) histogram.counts[0]! += negativeCount(inputs);
  if (!(histogram.high > 0)) return histogram.high;
  const levels = 2 ** (signed ? bits - 1 : bits);
  switch (calibrator) {
    case 'percentile':
      return percentileAmax(histogram, percentile / 100, 0, sum(histogram.counts));
    case 'entropy':
      return entropyAmax(histogram, levels);
    case 'mse':
      return mseAmax(histogram, levels - 1);
  }
}

function asymmetricRange(
  inputs: InputStatistics,
  s: Float32Array,
  { calibrator, percentile }: CalibratorOptions,
): CalibratedRange {
  const negated = inputs.min.map((min) => -min);
  switch (calibrator) {
    case 'max':
      return { low: 0 - maxCalibrator(negated, s), high: maxCalibrator(inputs.max, s) };
    case 'percentile': {
      const share = (1 + percentile / 100) / 2;
      const negative = smoothedHistogram(inputs, s, 'negative');
      const positive = smoothedHistogram(inputs, s, 'positive');
      const below = sum(negative.counts);
      const above = sum(positive.counts);
      return {
        low: 0 - percentileAmax(negative, share, above, below + above),
        high: percentileAmax(positive, share, below, below + above),
      };
    }
    case 'entropy':
    case 'mse':
      throw new RangeError(
        `Expected calibrator max or percentile for an asymmetric range, got ${calibrator}, which is defined on symmetric ranges.`,
      );
  }
}

/**
 * The amax of a layer's smoothed input under the max calibrator: `max_c(act[c] / s[c])`. Exact: the absmax of x/s is
 * reached where a channel reaches its own absmax, so no second pass over the data is needed.
 *
 * @param activationAbsmax true per-channel absmax `[C]`, whichever statistics s was made from; or the largest values, for
 * the end of the range above zero
 * @param s `[C]`
 */
export function maxCalibrator(activationAbsmax: Float64Array, s: Float32Array): number {
  let amax = 0;
  for (const [channel, absmax] of activationAbsmax.entries()) amax = Math.max(amax, absmax / s[channel]!);
  return amax;
}

function sum(counts: Float64Array): number {
  return counts.reduce((a, b) => a + b, 0);
}
