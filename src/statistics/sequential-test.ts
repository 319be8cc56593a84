import { hasBit } from './bitset.js';
import { exactMcNemar } from './mcnemar.js';

/** The test looks at a trial after each so many-th part of the samples, */
const PARTS = 20;
/** so many times: a trial that saw more than three quarters is worth its accuracy. */
const LOOKS = 15;

/**
 * Why a trial was stopped: by the test, or because it could no longer reach the other by being
 * right on every sample left.
 */
export type StopReason = 'test' | 'certain';

/** What a test knew when it stopped a trial. Counts are of the samples seen. */
export interface StopVerdict {
  readonly reason: StopReason;
  readonly seen: number;
  readonly right: number;
  /** Samples that the other trial gets right. */
  readonly otherRight: number;
  /** Samples that the trial alone gets right. */
  readonly onlyTrial: number;
  readonly onlyOther: number;
  /** One-sided, of this look alone. */
  readonly pValue: number;
  /** p at or below which a look stops: (1 - confidence) / looks. */
  readonly threshold: number;
}

/** A trial against one that is complete, sample by sample. */
export interface SequentialTest {
  /**
   * Takes the next sample of the random order. Returns a verdict where the trial is to be stopped;
   * then take no more.
   */
  add(sample: number, isRight: boolean): StopVerdict | null;
}

/**
 * Numbers of samples after which the test looks: every 5 %, up to 75 %, each once; none for a
 * single sample. They depend on the number of samples alone, so that a verdict does not depend on
 * batch sizes.
 */
export function lookPoints(samples: number): readonly number[] {
  const points = Array.from({ length: LOOKS }, (_, index) => Math.ceil((samples * (index + 1)) / PARTS));
  return [...new Set(points)].filter((point) => point < samples);
}

/**
 * P(X <= onlyTrial), X ~ Binomial(onlyTrial + onlyOther, 1/2): the one-sided sign test of paired
 * outcomes.
 *
 * @throws RangeError unless both are integers of 0 or above
 */
export function signTestTail(onlyTrial: number, onlyOther: number): number {
  // Below the middle the two-sided p is twice the tail; from the middle on the other tail is what
  // is left of 1.
  if (onlyTrial < onlyOther) return exactMcNemar(onlyTrial, onlyOther) / 2;
  return onlyOther === 0 ? 1 : 1 - exactMcNemar(onlyTrial + 1, onlyOther - 1) / 2;
}

/**
 * The sequential test of a trial against a complete one over a finite evaluation set. What it holds
 * to: a trial that over the **whole** set is right at least as often as the other is stopped with
 * probability 1 - confidence at most, over the random order of the samples.
 *
 * Of the pairs in which exactly one of the two is right, the first m in a random order are drawn
 * without replacement. Be `b` those that the trial alone gets right. Where it is not worse, b is
 * hypergeometric with at least half of all such pairs in its favour, and P(b <= k) <= P(X <= k), X
 * ~ Binomial(m, 1/2), for k < m/2: more pairs in its favour only move b up, and at one half the
 * ratio of the two probabilities, a constant over (M - k)! (M - m + k)!, grows up to k = m/2, while
 * both distributions are symmetric, so the ratio of their tails is 1 at most below the middle.
 * (Sampling without replacement is the less variable one: Hoeffding 1963, J. Am. Stat. Assoc. 58,
 * section 6; the tails: Uhlmann 1966, Metrika 10.) The test is McNemar's, one-sided and exact.
 * Looks share 1 - confidence evenly (Bonferroni), so that the bound holds for all of them together,
 * whatever the data.
 *
 * Beyond the test, a trial is stopped where being right on all samples left would not bring it up
 * to the other: that is certain, and takes nothing of the error.
 *
 * @param confidence above 0, below 1
 * @param other what the complete trial got right, a bitset over `samples`; chosen without looking
 *   at this trial's order
 */
export function createSequentialTest(samples: number, confidence: number, other: Uint8Array): SequentialTest {
  const points = lookPoints(samples);
  const threshold = (1 - confidence) / points.length;
  let otherTotal = 0;
  for (let sample = 0; sample < samples; sample += 1) otherTotal += hasBit(other, sample) ? 1 : 0;
  let look = 0;
  let seen = 0;
  let right = 0;
  let otherRight = 0;
  let onlyTrial = 0;
  let onlyOther = 0;
  return {
    add(sample, isRight) {
      const isOtherRight = hasBit(other, sample);
      seen += 1;
      if (isRight) right += 1;
      if (isOtherRight) otherRight += 1;
      if (isRight && !isOtherRight) onlyTrial += 1;
      if (isOtherRight && !isRight) onlyOther += 1;
      if (seen !== points[look]) return null;
      look += 1;
      const pValue = signTestTail(onlyTrial, onlyOther);
      const reason = right + (samples - seen) < otherTotal ? 'certain' : pValue <= threshold ? 'test' : null;
      return reason === null ? null : { reason, seen, right, otherRight, onlyTrial, onlyOther, pValue, threshold };
    },
  };
}
