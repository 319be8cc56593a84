import { numberOf, numberOrNull, sqlText, textOf, toRows, type Query, type Row } from '../query.js';

/** What `v_keep_try.metric` is where sets were timed. */
export const LATENCY_RATIO = 'latencyRatio';

/** A median of ratios with its 95 % interval. */
export interface RatioInterval {
  readonly ratio: number;
  readonly low: number;
  readonly high: number;
}

interface TriedSet {
  readonly label: string;
  /** The most sensitive first, or in graph order. */
  readonly layers: readonly string[];
  /** Layers that may be quantized; null: not known yet. */
  readonly of: number | null;
}

/** A set of layers in float that `layers.keepFloat: auto` evaluated for a trial. */
export interface EvaluatedSet extends TriedSet {
  readonly by: 'accuracy';
  readonly metric: string;
  readonly value: number;
  /** How far FP32's value is above, and how far it may be. */
  readonly loss: number;
  readonly allowed: number;
}

/** A set of layers in float that `layers.keepFloat: slower` timed for a trial. */
export interface TimedSet extends TriedSet {
  readonly by: 'speed';
  /** Time of a run / FP32's, and / that with every layer quantized in the same rounds. */
  readonly value: number;
  readonly allValue: number;
  /** The latter by the ratios of each round with its interval; null of no layer in float. */
  readonly againstAll: RatioInterval | null;
  /** Sets that were timed, but for that of no layer. */
  readonly tries: number;
  readonly batchSize: number;
  readonly threads: number;
}

export type KeptFloat = EvaluatedSet | TimedSet;

/** Every set that was tried, fewest layers first. */
export function triedFloatSql(sweep: string): string {
  return `SELECT k.trial, k.label, k.keep, k.layers, k.metric, k.value, k.loss, k.allowed, k.chosen,
       coalesce(nullif((SELECT count(*) FROM v_layer_rank r WHERE r.sweep = k.sweep AND r.trial = k.trial), 0),
         (SELECT count(*) FROM v_quantizer q WHERE q.sweep = k.sweep AND q.trial = k.trial AND q.role = 'weight')
           + (SELECT c.keep FROM v_keep_try c WHERE c.sweep = k.sweep AND c.trial = k.trial AND c.chosen)) AS layers_in_all,
       k.against_all, k.against_all_low, k.against_all_high,
       (SELECT count(*) FROM v_keep_try c WHERE c.sweep = k.sweep AND c.trial = k.trial AND c.keep > 0) AS tries,
       coalesce(json_extract(t.settings, '$.layers.keepFloatBatch'), 1) AS timed_batch,
       coalesce(json_extract(t.settings, '$.layers.keepFloatThreads'), 1) AS timed_threads
FROM v_keep_try k JOIN v_trial t ON t.sweep = k.sweep AND t.trial = k.trial
WHERE k.sweep = ${sqlText(sweep)} ORDER BY k.trial, k.keep, k.position`;
}

/** What the sweep's trials chose, in order of their numbers. */
export function readKeptFloat(query: Query, sweep: string): readonly KeptFloat[] {
  const rows = toRows(query(triedFloatSql(sweep), []));
  return rows.filter((row) => row['chosen'] === 1).map(keptFloatOf);
}

/** Of a row of {@link triedFloatSql}. */
export function keptFloatOf(row: Row): KeptFloat {
  const set = {
    label: textOf(row, 'label'),
    layers: JSON.parse(textOf(row, 'layers')) as readonly string[],
    of: numberOrNull(row, 'layers_in_all'),
  };
  const value = numberOf(row, 'value');
  const loss = numberOf(row, 'loss');
  const metric = textOf(row, 'metric');
  if (metric !== LATENCY_RATIO) {
    return { ...set, by: 'accuracy', ...{ metric, value, loss, allowed: numberOf(row, 'allowed') } };
  }
  return {
    ...{ ...set, by: 'speed', value, allValue: value - loss },
    againstAll: againstAllOf(row),
    tries: numberOf(row, 'tries'),
    batchSize: numberOf(row, 'timed_batch'),
    threads: numberOf(row, 'timed_threads'),
  };
}

/** Null of no layer in float. */
export function againstAllOf(row: Row): RatioInterval | null {
  const ratio = numberOrNull(row, 'against_all');
  if (ratio === null) return null;
  return { ratio, low: numberOf(row, 'against_all_low'), high: numberOf(row, 'against_all_high') };
}
