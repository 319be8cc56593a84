import { fileIdentity } from '../store/file/file-identity.js';
import { openQueries, type QueryConnection } from '../store/query/query-database.js';
import { readRunState, type RunState } from '../store/read/read-run-state.js';

/** What there is to know of a database without reading a row. */
export interface DatabaseLook {
  /** Differs from the last one's when anything was committed since. */
  readonly version: string;
  /** Differs where another file has come to the path, or a run has begun or ended. */
  readonly occasion: string;
  readonly run: RunState;
}

/**
 * A database that another process may be writing, may have yet to make, may delete, or put another
 * file in place of.
 */
export interface ServedDatabase {
  /**
   * The one connection, for reading only: a new one after {@link look} has found another file.
   * @throws StoreError
   */
  readonly queries: () => QueryConnection;
  /**
   * Cheap enough for each second. @throws StoreError where there is no database, or none that can
   * be read
   */
  readonly look: () => DatabaseLook;
  readonly close: () => void;
}

/**
 * Serving is one thread: it waits for a database that another program holds no longer than nobody
 * notices.
 */
const busyMs = 200;

/** The database at `path`, opened when it is first asked for. */
export function servedDatabase(path: string): ServedDatabase {
  let open: { readonly queries: QueryConnection; readonly file: string | null } | null = null;
  let opened = 0;
  return { queries, look, close };

  function queries(): QueryConnection {
    if (open === null) {
      const connection = openQueries(path, busyMs);
      opened += 1;
      open = { queries: connection, file: fileIdentity(path) };
    }
    return open.queries;
  }

  function look(): DatabaseLook {
    const file = fileIdentity(path);
    // A file that was deleted can be read on through its old connection, and would look as if
    // nothing had happened.
    if (open !== null && open.file !== file) close();
    const connection = queries();
    const run = readRunState(path);
    // Counts commits of other connections, https://www.sqlite.org/pragma.html#pragma_data_version
    const version = String(connection.query('PRAGMA data_version').rows[0]?.[0]);
    return { version, occasion: `${opened} ${run.kind === 'none' ? '' : `${run.kind} ${run.since}`}`, run };
  }

  function close(): void {
    open?.queries.close();
    open = null;
  }
}
