import type { Bindable } from '../bindable.js';
import type { Connection } from '../file/connection.js';

/** A finished trial as comparisons see it. */
export interface DoneTrial {
  readonly id: number;
  readonly role: string;
  /**
   * Equal for trials that are judged alike: the same model, evaluation data, preprocessing and
   * task.
   */
  readonly fp32Key: string;
  /** The primary metric and its value. */
  readonly metric: string;
  readonly value: number;
  /** Ids of its counterparts that are finished. */
  readonly fp32: number | null;
  readonly unsmoothed: number | null;
  readonly simulated: number | null;
}

/** What a trial achieved sample by sample, or resample by resample: a row of `sample_outcome`. */
export interface StoredOutcome {
  readonly kind: 'bitset' | 'bootstrap';
  readonly count: number;
  readonly data: Uint8Array;
}

const doneTrial = `SELECT t.id, t.role, t.fp32_key AS fp32Key, t.primary_metric AS metric, a.value,
    (SELECT f.id FROM trial f WHERE f.key = t.fp32_key AND f.status = 'done') AS fp32,
    (SELECT u.id FROM trial u WHERE u.key = t.unsmoothed_key AND u.status = 'done') AS unsmoothed,
    (SELECT i.id FROM trial i WHERE i.key = t.simulated_key AND i.status = 'done') AS simulated
  FROM trial t
  JOIN accuracy a ON a.trial_id = t.id AND a.metric = t.primary_metric AND a.slice = ''`;

/** The finished trials of a sweep in order of position. */
export function readDoneTrials(connection: Connection, sweep: number): readonly DoneTrial[] {
  return connection.all(
    `${doneTrial} JOIN sweep_trial st ON st.trial_id = t.id
     WHERE st.sweep_id = ? AND t.status = 'done' ORDER BY st.position`,
    sweep,
  ) as readonly DoneTrial[];
}

/** A finished trial, of whichever sweep. */
export function readDoneTrial(connection: Connection, id: Bindable): DoneTrial | undefined {
  return connection.get(`${doneTrial} WHERE t.id = ? AND t.status = 'done'`, id) as DoneTrial | undefined;
}

/** Whether two trials can be set against each other: samples pair up only within one evaluation. */
export function canPair(trial: DoneTrial, other: DoneTrial): boolean {
  return other.id !== trial.id && other.metric === trial.metric && other.fp32Key === trial.fp32Key;
}

/** What the trial achieved by the metric, or null where that isn't stored. */
export function readOutcome(connection: Connection, { id, metric }: DoneTrial): StoredOutcome | null {
  const row = connection.get(
    `SELECT kind, count, data FROM sample_outcome WHERE trial_id = ? AND metric = ? AND kind <> 'values'`,
    id,
    metric,
  );
  return (row as StoredOutcome | undefined) ?? null;
}
