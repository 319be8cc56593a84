import type { Connection } from './connection.js';
import { RowNumbers } from './finite.js';
import {
  canPair,
  compareOutcomes,
  isSignificant,
  readDoneTrial,
  readDoneTrials,
  readOutcome,
  type DoneTrial,
  type PairedComparison,
  type StoredOutcome,
} from './paired-comparison.js';

type Against = 'fp32' | 'unsmoothed' | 'simulated' | 'best';

/**
 * Rebuilds the `comparison` rows of a sweep: each finished trial against its FP32 trial, its unsmoothed trial, for
 * integer execution its simulated trial, and the best one of those that are judged on the same evaluation (highest primary value of the candidates, the first of equals;
 * of the unsmoothed where no candidate has finished). Samples pair up only within one evaluation: one FP32 key.
 */
export function writeComparisons(connection: Connection, sweepName: string): void {
  const sweep = connection.get('SELECT id FROM sweep WHERE name = ?', sweepName) as { id: number } | undefined;
  if (sweep === undefined) return;
  connection.run('DELETE FROM comparison WHERE sweep_id = ?', sweep.id);
  const trials = readDoneTrials(connection, sweep.id);
  const byId = new Map(trials.map((trial) => [trial.id, trial]));
  const best = findBest(trials);
  const counterparts = new Map<number, StoredOutcome | null>();
  for (const trial of trials) {
    const others = [
      ['fp32', trial.fp32],
      ['unsmoothed', trial.unsmoothed],
      ['simulated', trial.simulated],
      ['best', best.get(trial.fp32Key) ?? null],
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
      if (comparison !== null) writeComparison(connection, sweep.id, trial, against, other.id, difference, comparison);
    }
  }
}

/** Id of the best trial by FP32 key. */
function findBest(trials: readonly DoneTrial[]): ReadonlyMap<string, number> {
  const best = new Map<string, DoneTrial>();
  for (const role of ['candidate', 'unsmoothed']) {
    for (const trial of trials) {
      if (trial.role !== role) continue;
      const before = best.get(trial.fp32Key);
      if (before === undefined || (before.role === role && trial.value > before.value)) best.set(trial.fp32Key, trial);
    }
  }
  return new Map([...best].map(([key, trial]) => [key, trial.id]));
}

function writeComparison(
  connection: Connection,
  sweep: number,
  trial: DoneTrial,
  against: Against,
  other: number,
  difference: number,
  comparison: PairedComparison,
): void {
  const numbers = new RowNumbers('comparison');
  connection.run(
    `INSERT INTO comparison (sweep_id, trial_id, against, other_trial_id, metric, difference, method, p_value,
                             ci_low, ci_high, only_trial, only_other, significant)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    sweep,
    trial.id,
    against,
    other,
    trial.metric,
    numbers.finite('difference', difference),
    comparison.method,
    numbers.finite('p_value', comparison.pValue),
    numbers.finiteOrNull('ci_low', comparison.ciLow),
    numbers.finiteOrNull('ci_high', comparison.ciHigh),
    comparison.onlyTrial,
    comparison.onlyOther,
    isSignificant(comparison) ? 1 : 0,
  );
}
