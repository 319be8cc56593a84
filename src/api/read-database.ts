import { findTrials } from '../store/read/find-trials.js';
import { explainDamage } from '../store/file/explain-damage.js';
import { openQueries, type QueryConnection } from '../store/query/query-database.js';
import { UsageError } from '../errors/usage-error.js';

/**
 * Opens the database for reading, hands it to `work` and closes it when that is done. What `work`
 * stumbles over in a damaged file is told as damage.
 *
 * @param sql whether the statements are the program's own, or a person's
 * @throws StoreError
 */
export function readDatabase<T>(path: string, work: (queries: QueryConnection) => T, sql: 'own' | 'given' = 'own'): T {
  const queries = openQueries(path);
  const explain = (error: unknown): unknown => explainDamage(error, queries, path, sql);
  let isPending = false;
  try {
    const result = work(queries);
    if (!(result instanceof Promise)) return result;
    isPending = true;
    return result
      .catch((error: unknown) => {
        throw explain(error);
      })
      .finally(() => {
        queries.close();
      }) as T;
  } catch (error) {
    throw explain(error);
  } finally {
    if (!isPending) queries.close();
  }
}

/**
 * The one trial of a sweep that a user's word names, see `findTrials`. @throws UsageError when no
 * trial or several match
 */
export function pickTrial(queries: QueryConnection, sweep: string, wanted: string): number {
  const found = findTrials(queries, sweep, wanted);
  if (found.length === 1) return found[0]!;
  throw new UsageError(
    `Expected the number, key (6 characters or more) or label of a trial of sweep "${sweep}", or \`best\`; got "${wanted}", which ${found.length === 0 ? 'matches none' : `matches trials ${found.join(', ')}`}. \`quantsweep query "select trial, label from v_trial"\` lists them.`,
  );
}
