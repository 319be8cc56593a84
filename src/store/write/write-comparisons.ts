import { judgeDifference, type JudgedDifference } from '../../statistics/choice-among.js';
import type { Connection } from '../file/connection.js';
import { readBestByEvaluation } from '../read/read-best.js';
import { RowNumbers } from './row-numbers.js';
import {
  canPair,
  readDoneTrial,
  readDoneTrials,
  readOutcome,
  type DoneTrial,
  type StoredOutcome,
} from '../comparison/done-trial.js';
import { compareOutcomes, isSignificant, type PairedComparison } from '../comparison/paired-comparison.js';

type Against = 'fp32' | 'unsmoothed' | 'simulated' | 'best';

/**
 * Rebuilds the `comparison` rows of a sweep: each finished trial against its FP32 trial, its
 * unsmoothed trial, for integer execution its simulated trial, and the best one of those that are
 * judged on the same evaluation, as v_place has it. Samples pair up only within one evaluation: one
 * FP32 key. Where the better of the two is such a best one, `differs` and `p_corrected` allow for
 * the choice among all settings of the sweep.
 */
export function writeComparisons(connection: Connection, sweepName: string): void {
  const sweep = connection.get('SELECT id FROM sweep WHERE name = ?', sweepName) as { id: number } | undefined;
  if (sweep === undefined) return;
  connection.run('DELETE FROM comparison WHERE sweep_id = ?', sweep.id);
  const trials = readDoneTrials(connection, sweep.id);
  const byId = new Map(trials.map((trial) => [trial.id, trial]));
  const best = readBestByEvaluation(connection, sweepName);
  const chosenFrom = new Map([...best.values()].map((one) => [one.trial, one.chosenFrom]));
  const counterparts = new Map<number, StoredOutcome | null>();
  for (const trial of trials) {
    const others = [
      ['fp32', trial.fp32],
      ['unsmoothed', trial.unsmoothed],
      ['simulated', trial.simulated],
      ['best', best.get(trial.fp32Key)?.trial ?? null],
    ] as const;
    const outcome = readOutcome(connection, trial);
    for (const [against, otherId] of others) {
      // A counterpart may be finished without being a member of this sweep.
      const other = otherId === null ? undefined : (byId.get(otherId) ?? readDoneTrial(connection, otherId));
      if (other === undefined || !canPair(trial, other)) continue;
      let otherOutcome = counterparts.get(other.id);
      if (otherOutcome === undefined) {
        otherOutcome = readOutcome(connection, other);
        counterparts.set(other.id, otherOutcome);
      }
      const difference = trial.value - other.value;
      const comparison = compareOutcomes(outcome, otherOutcome, difference);
      if (comparison === null) continue;
      const chosen = { one: chosenFrom.get(trial.id) ?? 1, other: chosenFrom.get(other.id) ?? 1 };
      const judged = judgeDifference({ difference, ...comparison }, chosen);
      writeComparison(connection, sweep.id, trial, { against, other: other.id, difference, ...comparison, ...judged });
    }
  }
}

interface JudgedComparison extends PairedComparison, JudgedDifference {
  readonly against: Against;
  readonly other: number;
  readonly difference: number;
}

function writeComparison(connection: Connection, sweep: number, trial: DoneTrial, comparison: JudgedComparison): void {
  const numbers = new RowNumbers('comparison');
  connection.run(
    `INSERT INTO comparison (sweep_id, trial_id, against, other_trial_id, metric, difference, method, p_value,
                             ci_low, ci_high, only_trial, only_other, significant,
                             p_relation, replicates, z_score, chosen_from, p_corrected, differs)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    sweep,
    trial.id,
    comparison.against,
    comparison.other,
    trial.metric,
    numbers.finite('difference', comparison.difference),
    comparison.method,
    numbers.finite('p_value', comparison.pValue),
    numbers.finiteOrNull('ci_low', comparison.ciLow),
    numbers.finiteOrNull('ci_high', comparison.ciHigh),
    comparison.onlyTrial,
    comparison.onlyOther,
    isSignificant(comparison) ? 1 : 0,
    comparison.pRelation,
    comparison.replicates,
    numbers.finiteOrNull('z_score', comparison.zScore),
    comparison.chosenFrom,
    numbers.finite('p_corrected', comparison.correctedP),
    comparison.differs ? 1 : 0,
  );
}
