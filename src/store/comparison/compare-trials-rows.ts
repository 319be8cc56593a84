import type { Bindable } from '../bindable.js';
import type { Connection } from '../file/connection.js';
import { canPair, readDoneTrial, readOutcome, type DoneTrial } from './done-trial.js';
import { compareOutcomes, isSignificant, type PairedComparison } from './paired-comparison.js';
import { messageOf } from '../file/sqlite-failure.js';
import { StoreError } from '../store-error.js';

/**
 * The row of `compare_trials(trial, other)`, from what both achieved sample by sample: `metric`,
 * `value`, `other_value`, `difference` (value - other_value), `method`, `p_value`, `ci_low`,
 * `ci_high`, `only_trial`, `only_other`, `both`, `neither`, `significant`, `p_relation`,
 * `replicates`, `z_score`. What `comparison` holds of a pair is calculated by the same code. No row
 * where one isn't finished, both are the same, or they were not judged on the same evaluation.
 *
 * @throws StoreError `not-a-database` where the stored outcomes are damaged
 */
export function compareTrialsRows(
  connection: Connection,
  trial: Bindable,
  other: Bindable,
): readonly (readonly Bindable[])[] {
  const a = readDoneTrial(connection, trial);
  const b = readDoneTrial(connection, other);
  if (a === undefined || b === undefined || !canPair(a, b)) return [];
  const comparison = compare(connection, a, b);
  if (comparison === null) return [];
  const { method, pValue, pRelation, replicates, zScore, ciLow, ciHigh, onlyTrial, onlyOther, both, neither } =
    comparison;
  return [
    [
      a.metric,
      a.value,
      b.value,
      a.value - b.value,
      method,
      pValue,
      ciLow,
      ciHigh,
      whole(onlyTrial),
      whole(onlyOther),
      whole(both),
      whole(neither),
      isSignificant(comparison) ? 1n : 0n,
      pRelation,
      whole(replicates),
      zScore,
    ],
  ];
}

function compare(connection: Connection, trial: DoneTrial, other: DoneTrial): PairedComparison | null {
  const [own, others] = [readOutcome(connection, trial), readOutcome(connection, other)];
  try {
    return compareOutcomes(own, others, trial.value - other.value);
  } catch (error) {
    throw new StoreError(
      'not-a-database',
      `The stored outcomes of trials ${trial.id} and ${other.id} can't be compared (${messageOf(error)}): they are damaged.`,
      { cause: error },
    );
  }
}

function whole(count: number | null): bigint | null {
  return count === null ? null : BigInt(count);
}
