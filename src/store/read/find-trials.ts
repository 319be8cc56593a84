import type { QueryConnection } from '../query/query-database.js';

/**
 * Numbers of the trials of a sweep that a user's word names: a number, the beginning of a key (6
 * characters or more), a label, or `best` for the finished candidate of the highest value
 * (unsmoothed where there is none), as comparisons have it.
 */
export function findTrials(queries: QueryConnection, sweep: string, wanted: string): readonly number[] {
  const sql =
    wanted === 'best'
      ? "SELECT trial FROM v_place WHERE sweep = :sweep AND place = 1 AND :wanted = 'best'"
      : `SELECT trial FROM v_trial WHERE sweep = :sweep AND (CAST(trial AS TEXT) = :wanted OR label = :wanted
           OR (length(:wanted) >= 6 AND substr(key, 1, length(:wanted)) = :wanted)) ORDER BY position`;
  return queries.query(sql, { sweep, wanted }).rows.map(([trial]) => Number(trial));
}
