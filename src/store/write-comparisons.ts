import { countDiscordant } from '../evaluate/statistics/bitset.js';
import { pairedBootstrap } from '../evaluate/statistics/bootstrap.js';
import { exactMcNemar } from '../evaluate/statistics/mcnemar.js';
import type { Connection } from './connection.js';
import { RowNumbers } from './finite.js';
import { outcomeReplicates } from './write-stages.js';

type Against = 'fp32' | 'unsmoothed' | 'simulated' | 'best';

/** A finished trial of the sweep, in order of position. */
interface DoneTrial {
  readonly id: number;
  readonly role: string;
  /** Equal for trials that are judged alike: the same model, evaluation data, preprocessing and task. */
  readonly fp32Key: string;
  readonly metric: string;
  readonly value: number;
  readonly fp32: number | null;
  readonly unsmoothed: number | null;
  readonly simulated: number | null;
}

interface Outcome {
  readonly kind: 'bitset' | 'bootstrap';
  readonly count: number;
  readonly data: Uint8Array;
}

/** One paired comparison: what the columns of `comparison` of the same names hold. */
interface Comparison {
  readonly method: 'mcnemar' | 'paired bootstrap';
  readonly pValue: number;
  readonly ciLow: number | null;
  readonly ciHigh: number | null;
  readonly onlyTrial: number | null;
  readonly onlyOther: number | null;
}

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
  const counterparts = new Map<number, Outcome | null>();
  for (const trial of trials) {
    const others = [
      ['fp32', trial.fp32],
      ['unsmoothed', trial.unsmoothed],
      ['simulated', trial.simulated],
      ['best', best.get(trial.fp32Key) ?? null],
    ] as const;
    const outcome = readOutcome(connection, trial.id, trial.metric);
    for (const [against, otherId] of others) {
      const other = otherId === null ? undefined : (byId.get(otherId) ?? readDoneTrial(connection, otherId));
      if (other === undefined || other.id === trial.id || other.metric !== trial.metric) continue;
      if (other.fp32Key !== trial.fp32Key) continue;
      let otherOutcome = counterparts.get(other.id);
      if (otherOutcome === undefined) {
        otherOutcome = readOutcome(connection, other.id, other.metric);
        counterparts.set(other.id, otherOutcome);
      }
      const difference = trial.value - other.value;
      const comparison = compareOutcomes(outcome, otherOutcome, difference);
      if (comparison !== null) writeComparison(connection, sweep.id, trial, against, other.id, difference, comparison);
    }
  }
}

const doneTrial = `SELECT t.id, t.role, t.fp32_key AS fp32Key, t.primary_metric AS metric, a.value,
    (SELECT f.id FROM trial f WHERE f.key = t.fp32_key AND f.status = 'done') AS fp32,
    (SELECT u.id FROM trial u WHERE u.key = t.unsmoothed_key AND u.status = 'done') AS unsmoothed,
    (SELECT i.id FROM trial i WHERE i.key = t.simulated_key AND i.status = 'done') AS simulated
  FROM trial t
  JOIN accuracy a ON a.trial_id = t.id AND a.metric = t.primary_metric AND a.slice = ''`;

function readDoneTrials(connection: Connection, sweep: number): readonly DoneTrial[] {
  return connection.all(
    `${doneTrial} JOIN sweep_trial st ON st.trial_id = t.id
     WHERE st.sweep_id = ? AND t.status = 'done' ORDER BY st.position`,
    sweep,
  ) as readonly DoneTrial[];
}

/** A counterpart may be finished without being a member of this sweep. */
function readDoneTrial(connection: Connection, id: number): DoneTrial | undefined {
  return connection.get(`${doneTrial} WHERE t.id = ? AND t.status = 'done'`, id) as DoneTrial | undefined;
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

function readOutcome(connection: Connection, trial: number, metric: string): Outcome | null {
  const row = connection.get(
    'SELECT kind, count, data FROM sample_outcome WHERE trial_id = ? AND metric = ?',
    trial,
    metric,
  );
  return (row as Outcome | undefined) ?? null;
}

function compareOutcomes(trial: Outcome | null, other: Outcome | null, difference: number): Comparison | null {
  if (trial === null || other?.kind !== trial.kind || other.count !== trial.count) return null;
  if (trial.kind === 'bitset') {
    const { onlyA: onlyTrial, onlyB: onlyOther } = countDiscordant(trial.data, other.data);
    const pValue = exactMcNemar(onlyTrial, onlyOther);
    return { method: 'mcnemar', pValue, ciLow: null, ciHigh: null, onlyTrial, onlyOther };
  }
  const result = pairedBootstrap(outcomeReplicates(trial.data), outcomeReplicates(other.data), difference);
  return { method: 'paired bootstrap', ...result, onlyTrial: null, onlyOther: null };
}

function writeComparison(
  connection: Connection,
  sweep: number,
  trial: DoneTrial,
  against: Against,
  other: number,
  difference: number,
  comparison: Comparison,
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
    comparison.pValue < 0.05 ? 1 : 0,
  );
}
