import type { Query } from '../query.js';
import { axisPath } from './axes.js';
import { numberOf, numberOrNull, sqlText, toRows } from '../query.js';

/** What changes between the trials of a sweep that are equal in every setting but one. */
export interface EffectFacts {
  /**
   * Calibration batches of the first and the second trial of each pair; of several sizes the
   * smallest and the largest.
   */
  readonly batches: readonly [number, number];
  /** Differences of the primary metric, pair by pair, ascending. */
  readonly differences: readonly number[];
  /**
   * Their mean over the pairs that are paired by sample, with its 95 % interval; null where none
   * is.
   */
  readonly tested: {
    readonly pairs: number;
    /** Evaluation samples; null for metrics that are not of samples. */
    readonly samples: number | null;
    readonly effect: number;
    readonly ciLow: number;
    readonly ciHigh: number;
  } | null;
}

/** Both effects that the first screen tells; null where the sweep has no pair. */
export interface Effects {
  /** The largest calibration size instead of the smallest. */
  readonly size: EffectFacts | null;
  /** absmax view instead of channel. */
  readonly absmax: EffectFacts | null;
}

/**
 * Sums the pairs of settings up that differ in one alone: their differences as JSON, and what
 * paired_effect makes of them.
 */
function effectSql(sweep: string, differsIn: string): string {
  return `WITH pair AS MATERIALIZED (SELECT trial, other_trial, batches, other_batches, difference FROM v_pair WHERE sweep = ${sqlText(sweep)} AND differs_in = ${sqlText(differsIn)} AND extreme AND role = 'candidate' AND difference IS NOT NULL),
g AS (SELECT min(batches) AS batches, max(other_batches) AS other_batches, json_group_array(difference) AS differences, json_group_array(trial) AS trials, json_group_array(other_trial) AS others FROM pair)
SELECT g.batches, g.other_batches, g.differences, e.metric, e.pairs, e.samples, e.effect, e.ci_low, e.ci_high, e.method FROM g LEFT JOIN paired_effect(g.trials, g.others) e`;
}

/** The queries behind {@link Effects}, as pages show them. */
export const effectsSql = {
  size: (sweep: string): string => effectSql(sweep, axisPath.calibrationBatches),
  absmax: (sweep: string): string => effectSql(sweep, axisPath.absmax),
};

/** Reads both effects. */
export function readEffects(query: Query, sweep: string): Effects {
  return {
    size: readPairedEffect(query, effectsSql.size(sweep)),
    absmax: readPairedEffect(query, effectsSql.absmax(sweep)),
  };
}

/** The effect that a query of that kind sums up; null without a pair. */
export function readPairedEffect(query: Query, sql: string): EffectFacts | null {
  const row = toRows(query(sql, []))[0];
  const differences = JSON.parse(String(row?.['differences'] ?? '[]')) as number[];
  if (row === undefined || differences.length === 0) return null;
  return {
    batches: [numberOf(row, 'batches'), numberOf(row, 'other_batches')],
    differences: differences.sort((a, b) => a - b),
    tested:
      row['effect'] === null
        ? null
        : {
            pairs: numberOf(row, 'pairs'),
            samples: numberOrNull(row, 'samples'),
            effect: numberOf(row, 'effect'),
            ciLow: numberOf(row, 'ci_low'),
            ciHigh: numberOf(row, 'ci_high'),
          },
  };
}
