import type { Query } from '../query.js';
import { numberOf, sqlText, textOf, toRows } from '../query.js';

/** What the runtime left in float of the model that a trial deploys. */
export function floatOperatorsSql(sweep: string, trial: number): string {
  return `SELECT op, count(*) AS operators FROM v_deployed_operator
WHERE sweep = ${sqlText(sweep)} AND trial = ${trial} AND runs = 'float' GROUP BY op ORDER BY operators DESC, op`;
}

/** By their number, e.g. `3 Conv`; empty where there are none, or where that was not read back. */
export function readFloatOperators(query: Query, sweep: string, trial: number): readonly string[] {
  return toRows(query(floatOperatorsSql(sweep, trial), [])).map(
    (row) => `${numberOf(row, 'operators')} ${textOf(row, 'op')}`,
  );
}
