import type { IndexPageFacts } from '../../facts/index-page-facts.js';
import { sqlText } from '../../query.js';

/** The condition of a query that a column holds the name of one of the report's sweeps. */
export function ofSweeps(column: string, { sweeps, isWhole }: IndexPageFacts): string {
  return isWhole ? '1' : `${column} IN (${sweeps.map(sqlText).join(', ')})`;
}
