import { percentileOfSorted } from './percentile.js';
import { createPrng } from './prng.js';

/**
 * Seed of every resampling of scenes, one for all trials: replicate b weighs the scenes alike in
 * each, so trials pair up.
 */
export const BOOTSTRAP_SEED = 20221118;

const REPLICATES_FOR_TAIL = 100;
/** Fewer different differences come from a handful of samples, whose spread says little. */
const DISTINCT_FOR_TAIL = 50;
/** A spread below this share of the difference is what rounding leaves of none at all. */
const ROUNDING = 1e-12;

export interface PairedBootstrap {
  readonly ciLow: number;
  readonly ciHigh: number;
  /** Two-sided, as the replicates count it. */
  readonly pValue: number;
  /** `<=`: no replicate speaks for equality, and so many replicates tell no less than pValue. */
  readonly pRelation: '=' | '<=';
  /**
   * Difference over the standard deviation of the replicates' differences; null where that is
   * nothing to rely on.
   */
  readonly zScore: number | null;
}

/**
 * Writes into `weight` how often each of its samples is drawn when as many are drawn with
 * replacement; depends on `replicate` and the number of samples only.
 */
export function drawResample(replicate: number, weight: Uint16Array): void {
  const random = createPrng(BOOTSTRAP_SEED, replicate);
  weight.fill(0);
  for (let draw = 0; draw < weight.length; draw += 1) weight[random.nextBelow(weight.length)]! += 1;
}

/** Returns the 95 % percentile interval of bootstrap replicates, at least one. */
export function percentileInterval95(replicates: Float64Array): [low: number, high: number] {
  const sorted = replicates.toSorted();
  return [percentileOfSorted(sorted, 2.5), percentileOfSorted(sorted, 97.5)];
}

/**
 * Compares two trials by replicates of a metric on the same resamples, `[replicates]` each (Efron
 * and Tibshirani 1993, ch. 13 and 16): the 95 % percentile interval of a - b, and
 *
 *   p = min(1, 2 min(#(a - b <= 0) + 1, #(a - b >= 0) + 1) / (replicates + 1))
 *
 * Counting can't tell p below 2 / (replicates + 1): where all replicates lie on one side, p is that
 * at most, and said to be so. `zScore` is what a correction for many comparisons goes by there;
 * fewer than 100 replicates, fewer than 50 different ones, or a spread within rounding give none. p
 * is never 0. `difference` is the observed a - b on all samples; where it is exactly 0 nothing
 * speaks against equality and p is 1.
 *
 * @throws RangeError when the lengths differ or are 0, or a number is NaN or infinite.
 */
export function pairedBootstrap(a: Float64Array, b: Float64Array, difference: number): PairedBootstrap {
  if (a.length !== b.length || a.length === 0) {
    throw new RangeError(`Expected as many replicates of both, one or more, got ${a.length} and ${b.length}`);
  }
  const differences = a.map((value, index) => value - b[index]!);
  // NaN is on neither side and so would look like the strongest evidence.
  if (!Number.isFinite(difference) || !differences.every(Number.isFinite)) {
    throw new RangeError('Expected finite replicates and a finite difference, got NaN or an infinity');
  }
  let notAbove = 1;
  let notBelow = 1;
  for (const value of differences) {
    if (value <= 0) notAbove += 1;
    if (value >= 0) notBelow += 1;
  }
  const [ciLow, ciHigh] = percentileInterval95(differences);
  const share = (2 * Math.min(notAbove, notBelow)) / (differences.length + 1);
  if (difference === 0) return { ciLow, ciHigh, pValue: 1, pRelation: '=', zScore: null };
  const deviation = standardDeviation(differences);
  const pRelation = Math.min(notAbove, notBelow) === 1 && share < 1 ? '<=' : '=';
  const zScore = spreadIsReliable(differences, deviation, difference) ? difference / deviation : null;
  return { ciLow, ciHigh, pValue: Math.min(1, share), pRelation, zScore };
}

function spreadIsReliable(differences: Float64Array, deviation: number, difference: number): boolean {
  return (
    differences.length >= REPLICATES_FOR_TAIL &&
    new Set(differences).size >= DISTINCT_FOR_TAIL &&
    deviation > ROUNDING * Math.max(Math.abs(difference), Number.MIN_VALUE)
  );
}

function standardDeviation(values: Float64Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, values.length - 1));
}
