import type { QueryConnection } from './query-database.js';

/** Every sweep in the order of their making, which no later run changes. */
export function everySweep(queries: QueryConnection): string[] {
  return queries.query('SELECT name FROM sweep ORDER BY id').rows.map(([sweep]) => String(sweep));
}
