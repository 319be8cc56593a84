import type { QueryConnection } from '../query/query-database.js';

/**
 * Names of all sweeps of a database, the one that ran last first. That is counted, not read off a
 * clock.
 */
export function sweepNames(queries: QueryConnection): readonly string[] {
  return queries.query('SELECT sweep FROM v_sweep ORDER BY last_run DESC').rows.map(([name]) => String(name));
}
