import { countBits, countDiscordant } from '../../statistics/bitset.js';
import { pairedBootstrap } from '../../statistics/bootstrap.js';
import { SIGNIFICANCE } from '../../statistics/choice-among.js';
import { exactMcNemar } from '../../statistics/mcnemar.js';
import { outcomeReplicates } from '../payload/outcome-replicates.js';
import type { StoredOutcome } from './done-trial.js';

/** One paired comparison: what the columns of `comparison` of the same names hold. */
export interface PairedComparison {
  readonly method: 'mcnemar' | 'paired bootstrap';
  readonly pValue: number;
  /** `<=`: pValue is a bound, which so many replicates can't resolve. */
  readonly pRelation: '=' | '<=';
  /** Of the bootstrap; null for McNemar. */
  readonly replicates: number | null;
  readonly zScore: number | null;
  readonly ciLow: number | null;
  readonly ciHigh: number | null;
  readonly onlyTrial: number | null;
  readonly onlyOther: number | null;
  /** Samples that both get right, and that neither does. */
  readonly both: number | null;
  readonly neither: number | null;
}

/**
 * McNemar's exact test of what was right or wrong sample by sample, the paired bootstrap of
 * replicates. Null where the outcomes don't pair up.
 *
 * @param difference of the values, trial - other
 * @throws RangeError for outcomes that are damaged
 */
export function compareOutcomes(
  trial: StoredOutcome | null,
  other: StoredOutcome | null,
  difference: number,
): PairedComparison | null {
  if (trial === null || other?.kind !== trial.kind || other.count !== trial.count) return null;
  if (trial.kind === 'bitset') {
    const { onlyA: onlyTrial, onlyB: onlyOther } = countDiscordant(trial.data, other.data);
    const pValue = exactMcNemar(onlyTrial, onlyOther);
    const both = countBits(trial.data) - onlyTrial;
    const neither = trial.count - both - onlyTrial - onlyOther;
    const exact = { method: 'mcnemar', pValue, pRelation: '=', replicates: null, zScore: null } as const;
    return { ...exact, ciLow: null, ciHigh: null, onlyTrial, onlyOther, both, neither };
  }
  const result = pairedBootstrap(outcomeReplicates(trial.data), outcomeReplicates(other.data), difference);
  const counts = { onlyTrial: null, onlyOther: null, both: null, neither: null };
  return { method: 'paired bootstrap', ...result, replicates: trial.count, ...counts };
}

/** Whether a comparison tells the two apart, by itself: no correction for how many are made. */
export function isSignificant({ pValue }: PairedComparison): boolean {
  return pValue < SIGNIFICANCE;
}
