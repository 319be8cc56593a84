import { statSync } from 'node:fs';
import { openQueries, type QueryConnection } from '../../store/query-database.js';
import { readRunState, type RunState } from '../../store/read-run-state.js';

/** A database that another process may be writing, or may put another file in place of. */
export interface ServedDatabase {
  /** The one connection, for reading only; a new one after {@link look} has found another file. */
  readonly queries: () => QueryConnection;
  /**
   * Who runs a sweep, and a text that differs from the last one when anything was committed or the run has begun or
   * ended. Cheap: no page or row is read. @throws StoreError where another file has come that can't be read
   */
  readonly look: () => { readonly version: string; readonly run: RunState };
  readonly close: () => void;
}

/** Opens the database at `path` for reading. @throws StoreError, see `openQueries` */
export function openServedDatabase(path: string): ServedDatabase {
  let queries = openQueries(path);
  let file = fileIdentity(path);
  let opened = 0;
  return {
    queries: () => queries,
    look,
    close: () => {
      queries.close();
    },
  };

  function look(): { version: string; run: RunState } {
    const now = fileIdentity(path);
    // While no file is there the open one, of no name any more, still tells what was.
    if (now !== null && now !== file) {
      const next = openQueries(path);
      queries.close();
      queries = next;
      file = now;
      opened += 1;
    }
    const run = readRunState(path);
    // Counts commits of other connections, https://www.sqlite.org/pragma.html#pragma_data_version
    const commits = String(queries.query('PRAGMA data_version').rows[0]?.[0]);
    return { version: `${opened} ${commits} ${run.kind === 'none' ? '' : `${run.kind} ${run.since}`}`, run };
  }
}

function fileIdentity(path: string): string | null {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats === undefined ? null : `${stats.dev} ${stats.ino}`;
}
