import { StoreError, type StoreErrorCode } from '../store/store-error.js';
import { everySweep } from '../store/query/every-sweep.js';
import type { ServedDatabase } from './served-database.js';

/** What the next `quantsweep run` mends, or a moment. */
const mendable: ReadonlySet<StoreErrorCode> = new Set<StoreErrorCode>(['missing', 'older-schema', 'locked', 'busy']);

/**
 * What a user should know when serving begins: that there is no database yet, or that it lacks a
 * named sweep. Null where all is there. Neither keeps the report from being served, since it may be
 * opened before the sweep is begun.
 *
 * @throws StoreError where the path can't become a database of a sweep
 */
export function startProblem(database: ServedDatabase, wanted: readonly string[]): Error | null {
  try {
    const there = everySweep(database.queries());
    const missing = wanted.filter((name) => !there.includes(name));
    if (missing.length === 0) return null;
    return new Error(
      `No sweep ${missing.map((name) => `"${name}"`).join(', ')} in the database (${there.length === 0 ? 'it holds none' : `there are: ${there.join(', ')}`}). The report shows it as soon as a run starts it.`,
    );
  } catch (error) {
    if (!(error instanceof StoreError && mendable.has(error.code))) throw error;
    return new Error(`${error.message} The report appears as soon as it can be read.`, { cause: error });
  }
}
