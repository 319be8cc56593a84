import type { Query } from '../query.js';
import { numberOf, sqlText, toRows } from '../query.js';

/** What of a trial stays in float. */
export interface FloatPart {
  readonly layers: number;
  /** Share of the weights, 0..1. */
  readonly weightShare: number;
}

/** What the settings of a sweep keep in float. */
export function floatPartsSql(sweep: string): string {
  return `SELECT trial, float_layers, float_weight_share FROM v_pareto
WHERE sweep = ${sqlText(sweep)} AND role = 'candidate' AND float_weight_share IS NOT NULL`;
}

/** By number of trial. */
export function readFloatParts(query: Query, sweep: string): ReadonlyMap<number, FloatPart> {
  return new Map(
    toRows(query(floatPartsSql(sweep), [])).map((row) => [
      numberOf(row, 'trial'),
      { layers: numberOf(row, 'float_layers'), weightShare: numberOf(row, 'float_weight_share') },
    ]),
  );
}
