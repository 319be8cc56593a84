import type { QueryConnection } from '../store/query/query-database.js';
import { sweepNames } from '../store/read/sweep-names.js';
import { UsageError } from '../errors/usage-error.js';

/**
 * The named sweep, or the one that ran last. @throws UsageError naming the sweeps that there are
 */
export function pickSweep(queries: QueryConnection, wanted: string | undefined): string {
  const names = sweepNames(queries);
  const [latest] = names;
  if (latest === undefined) throw new UsageError('The database holds no sweep yet. `quantsweep run` makes one.');
  if (wanted === undefined) return latest;
  if (names.includes(wanted)) return wanted;
  throw new UsageError(`Expected a sweep of the database, one of ${names.join(', ')}; got "${wanted}".`);
}
