import { countBits, countDiscordant } from '../../statistics/bitset.js';
import { pairedBootstrap } from '../../statistics/bootstrap.js';
import { SIGNIFICANCE } from '../../statistics/choice-among.js';
import { exactMcNemar } from '../../statistics/mcnemar.js';
import type { Bindable, Connection } from '../file/connection.js';
import { outcomeReplicates } from '../write/write-stages.js';

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
    'SELECT kind, count, data FROM sample_outcome WHERE trial_id = ? AND metric = ?',
    id,
    metric,
  );
  return (row as StoredOutcome | undefined) ?? null;
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
