import type { Query } from '../query.js';
import { numberOf, sqlText, textOf, toRows } from '../query.js';

/** Operators of one kernel that take the time of an exported model outside integer kernels. */
export interface BlamedOperators {
  readonly op: string;
  readonly kind: 'float' | 'conversion';
  readonly operators: number;
  readonly milliseconds: number;
}

/** What makes one measured model slow, and what the runtime left in float. */
export interface Blame {
  /** By the profile of the measurement, the most first; empty without a profile. */
  readonly slowest: readonly BlamedOperators[];
  /** Operators in float by their number, e.g. `3 Conv`; empty where that was not read back. */
  readonly float: readonly string[];
}

/** Kernels that a sentence names. */
const mostNamed = 3;

/** The queries behind {@link readBlame}, as the page shows them. */
export function blameSources(sweep: string, trial: number, latency: number): (readonly [string, string])[] {
  return [
    ['operators outside integer kernels', slowestSql(latency)],
    ['operators in float', floatSql(sweep, trial)],
  ];
}

/** @param latency number of the measurement */
export function readBlame(query: Query, sweep: string, trial: number, latency: number): Blame {
  return {
    slowest: toRows(query(slowestSql(latency), [])).map((row) => ({
      op: textOf(row, 'op'),
      kind: textOf(row, 'kind') as BlamedOperators['kind'],
      operators: numberOf(row, 'operators'),
      milliseconds: numberOf(row, 'milliseconds'),
    })),
    float: toRows(query(floatSql(sweep, trial), [])).map((row) => `${numberOf(row, 'operators')} ${textOf(row, 'op')}`),
  };
}

function slowestSql(latency: number): string {
  return `SELECT op, kind, count(*) AS operators, sum(duration_us) / 1000 AS milliseconds FROM operator_time
WHERE latency_id = ${latency} AND model = 'quantized' AND kind <> 'integer'
GROUP BY op, kind ORDER BY milliseconds DESC, op LIMIT ${mostNamed}`;
}

function floatSql(sweep: string, trial: number): string {
  return `SELECT op, count(*) AS operators FROM v_deployed_operator
WHERE sweep = ${sqlText(sweep)} AND trial = ${trial} AND runs = 'float' GROUP BY op ORDER BY operators DESC, op`;
}
