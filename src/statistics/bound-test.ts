import { createBettingTest } from './betting-test.js';
import { hasBit } from './bitset.js';
import type { SequentialTest } from './sequential-test.js';

/** What a trial must keep to. */
export interface OutcomeBound {
  readonly samples: number;
  /** Right outcomes of the complete trial: a bitset over the samples. */
  readonly other: Uint8Array;
  /** Share of all samples by which the trial may have fewer of them right. */
  readonly maxDrop: number;
  /** Probability, at least, with which a trial that keeps the bound is not stopped. */
  readonly confidence: number;
}

/**
 * Whether a trial is right on fewer samples than a complete one by more than a bound, sample by
 * sample in a random order: a betting test of the mean of (other right - trial right), see
 * `createBettingTest`, which may be looked at after every sample. A trial is also stopped where
 * being right on all samples left would not bring it within the bound: that is certain.
 *
 * `pValue` of a verdict is the inverse of the largest wealth, which is valid at any time (Ville).
 */
export function createBoundTest({ samples, other, maxDrop, confidence }: OutcomeBound): SequentialTest {
  const threshold = 1 - confidence;
  const test =
    maxDrop < 1
      ? createBettingTest({ samples, lowest: -1, highest: 1, mean: Math.max(0, maxDrop), alternative: 'above' })
      : null;
  let otherTotal = 0;
  for (let sample = 0; sample < samples; sample += 1) otherTotal += hasBit(other, sample) ? 1 : 0;
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
      test?.add(Number(isOtherRight) - Number(isRight));
      // At the last sample nothing is saved.
      if (test === null || seen === samples) return null;
      const isCertain = otherTotal - (right + samples - seen) > samples * maxDrop + 1e-9;
      const reason = isCertain ? 'certain' : test.rejects(threshold) ? 'test' : null;
      if (reason === null) return null;
      const pValue = Math.min(1, Math.exp(-test.peakLogWealth));
      return { reason, seen, right, otherRight, onlyTrial, onlyOther, pValue, threshold };
    },
  };
}
