import type { Query } from '../query.js';
import { numberOf, numberOrNull, sqlText, toRows } from '../query.js';
import { againstAllOf, LATENCY_RATIO, type RatioInterval } from './kept-float.js';

/** What of a trial stays in float. */
export interface FloatPart {
  readonly layers: number;
  /** Share of the weights, 0..1. */
  readonly weightShare: number;
  /** Of them those that `layers.keepFloat: slower` left so, as that is faster; null: none. */
  readonly faster: FasterPart | null;
}

/** Layers that are faster in float. */
export interface FasterPart {
  readonly layers: number;
  /** Share of the weights, 0..1. */
  readonly weightShare: number;
  /** Time of a run / that with every layer quantized. */
  readonly againstAll: RatioInterval;
}

/** What the settings of a sweep keep in float. */
export function floatPartsSql(sweep: string): string {
  const own = `k.sweep = ${sqlText(sweep)} AND k.chosen AND k.metric = '${LATENCY_RATIO}' AND k.keep > 0`;
  return `WITH faster AS MATERIALIZED (
  SELECT k.trial, k.keep, k.against_all, k.against_all_low, k.against_all_high,
         (SELECT sum(w.weights) FILTER (WHERE w.name IN (SELECT value FROM json_each(k.layers))) / nullif(sum(w.weights), 0)
          FROM (SELECT l.name, (SELECT round(exp(sum(ln(j.value)))) FROM json_each(l.weight_shape) j) AS weights
                FROM trial t JOIN layer l ON l.model_id = t.model_id WHERE t.id = k.trial) w) AS share
  FROM v_keep_try k WHERE ${own})
SELECT p.trial, p.float_layers, p.float_weight_share, f.keep AS faster_layers, f.share AS faster_share,
       f.against_all, f.against_all_low, f.against_all_high
FROM v_pareto p LEFT JOIN faster f ON f.trial = p.trial
WHERE p.sweep = ${sqlText(sweep)} AND p.role IN ('candidate', 'unsmoothed') AND p.float_weight_share IS NOT NULL`;
}

/** By number of trial. */
export function readFloatParts(query: Query, sweep: string): ReadonlyMap<number, FloatPart> {
  return new Map(
    toRows(query(floatPartsSql(sweep), [])).map((row) => {
      const againstAll = againstAllOf(row);
      return [
        numberOf(row, 'trial'),
        {
          layers: numberOf(row, 'float_layers'),
          weightShare: numberOf(row, 'float_weight_share'),
          faster:
            againstAll === null
              ? null
              : {
                  layers: numberOf(row, 'faster_layers'),
                  weightShare: numberOrNull(row, 'faster_share') ?? 0,
                  againstAll,
                },
        },
      ];
    }),
  );
}
