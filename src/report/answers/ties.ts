import { judgeDifference } from '../../statistics/choice-among.js';
import type { ComparisonFacts, SweepFacts, TrialFacts } from '../facts/sweep-facts.js';
import { finishedSettings } from './judged-settings.js';
import { notChosen } from './noise-phrase.js';

/** What the paired tests against the best say of the other settings. */
export interface Ties {
  /** Settings that the best was chosen from: what the tests are corrected for. */
  readonly chosenFrom: number;
  /** Finished candidates but for the best. */
  readonly rivals: number;
  /** Those of them that a paired test compares with the best. */
  readonly compared: readonly TrialFacts[];
  /** Those of them that cannot be told from it. */
  readonly tied: readonly TrialFacts[];
  /**
   * Those of the tied that their own test does not call worse even without the correction: what may
   * be recommended.
   */
  readonly closeBehind: readonly TrialFacts[];
  readonly testOf: ReadonlyMap<number, ComparisonFacts>;
}

/** Which settings the best can't be told from; null without a best. */
export function tiesOf({
  best,
  trials,
  comparisons,
}: Pick<SweepFacts, 'best' | 'trials' | 'comparisons'>): Ties | null {
  if (best === null) return null;
  const chosenFrom = finishedSettings({ trials });
  const rivals = trials.filter((t) => t.role === 'candidate' && t.status === 'done' && t.trial !== best.trial);
  const testOf = new Map(comparisons.filter((c) => c.against === 'best').map((c) => [c.trial, c]));
  const compared = rivals.filter(({ trial }) => testOf.has(trial));
  const tied = compared.filter(
    ({ trial }) => !judgeDifference(testOf.get(trial)!, { one: 1, other: chosenFrom }).differs,
  );
  const closeBehind = tied.filter(({ trial }) => !judgeDifference(testOf.get(trial)!, notChosen).differs);
  return { chosenFrom, rivals: rivals.length, compared, tied, closeBehind, testOf };
}
