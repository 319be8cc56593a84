import { normalTail } from './normal-tail.js';

/** A difference is significant below this p. */
export const SIGNIFICANCE = 0.05;

/** Below this z a normal tail is no smaller than what replicates count. */
const LEAST_Z = 2;

/** A paired test of two trials, as far as a correction needs it. */
export interface TestedDifference {
  /** value of the one - value of the other */
  readonly difference: number;
  /** Two-sided, of this pair alone. */
  readonly pValue: number;
  /** `<=`: pValue is a bound, which the replicates of a bootstrap can't resolve. */
  readonly pRelation: '=' | '<=';
  /** Difference over the spread of its replicates; null without such a measure. */
  readonly zScore: number | null;
}

/** Settings of which each of the two was chosen as the best; 1: it was not chosen. */
export interface ChosenFrom {
  readonly one: number;
  readonly other: number;
}

/** What a paired test says once the choice is allowed for. */
export interface JudgedDifference {
  /** Settings of which the better of the two was chosen. */
  readonly chosenFrom: number;
  /** pValue where nothing was chosen. */
  readonly correctedP: number;
  /** `<=`: correctedP is a bound, see {@link TestedDifference.pRelation}. */
  readonly relation: '=' | '<=';
  /** Whether the two differ: correctedP < 0.05. */
  readonly differs: boolean;
}

/**
 * The one rule for whether two trials differ where one, or both, were chosen as the best of many on
 * the samples that judge them. Being chosen raises a value, so what counts is the choice of the
 * trial that is ahead: its p is multiplied by the number of settings it was chosen from
 * (Bonferroni). That the one behind was chosen, too, makes the lead smaller, not larger, and asks
 * for nothing. So a best of N equal settings is said to differ from another trial in 5 % of sweeps
 * at most, and the settings that do not differ from the best of N hold the truly best with 95 %
 * (multiple comparisons with the best, Hsu 1984, Ann. Stat. 12).
 *
 * A bootstrap counts no p below 2 / (replicates + 1), which no correction for many settings would
 * survive. Where all replicates lie on one side, what is multiplied is the two-sided normal tail
 * beyond their z; the result is never below what the replicates count.
 */
export function judgeDifference(test: TestedDifference, chosen: ChosenFrom): JudgedDifference {
  const { difference, pValue, pRelation, zScore } = test;
  const chosenFrom = Math.max(1, difference > 0 ? chosen.one : difference < 0 ? chosen.other : 1);
  if (chosenFrom === 1) return { chosenFrom, correctedP: pValue, relation: pRelation, differs: pValue < SIGNIFICANCE };
  const single =
    pRelation === '<=' && zScore !== null && Math.abs(zScore) >= LEAST_Z
      ? Math.min(pValue, 2 * normalTail(Math.abs(zScore)))
      : pValue;
  const multiplied = single * chosenFrom;
  const correctedP = Math.min(1, Math.max(pValue, multiplied));
  // Bounded from below by what the replicates count: it is that or less.
  const relation = pRelation === '<=' && (single === pValue || multiplied <= pValue) ? '<=' : '=';
  return { chosenFrom, correctedP, relation, differs: correctedP < SIGNIFICANCE };
}
