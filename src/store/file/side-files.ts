import { realpathSync, statSync } from 'node:fs';

import Database from 'better-sqlite3';

/**
 * What lies beside a database that is more than the file itself: paths, null where there is nothing
 * in it.
 */
export interface SideFiles {
  /** A rollback journal (`-journal`): what was in the pages that a transaction has changed. */
  readonly journal: string | null;
  /** A write-ahead log (`-wal`): committed pages that are not in the file yet. */
  readonly log: string | null;
}

/**
 * Logs beside a database, as SQLite looks for them: beside the file that a link leads to. Throws
 * the system's error where it can't be known whether there is one.
 */
export function sideFiles(file: string): SideFiles {
  const real = realpathSync(file);
  return { journal: filled(`${real}-journal`), log: filled(`${real}-wal`) };
}

/** An empty log owes nothing. */
function filled(path: string): string | null {
  return (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > 0 ? path : null;
}

/**
 * Finishes the rollback of a transaction that its program did not live to end. SQLite does that at
 * the first read of a connection that may write; one that may only read fails. Does nothing without
 * a journal. Where the program is alive and in the middle of its transaction SQLite leaves the
 * journal alone: what was committed before is read.
 *
 * Throws what SQLite throws where the file may not be written.
 *
 * @param busyMs for so long it waits for another program that is just rolling back
 */
export function rollBackLeftOver(file: string, busyMs: number): void {
  if (sideFiles(file).journal === null) return;
  const database = new Database(file, { fileMustExist: true, timeout: busyMs });
  try {
    database.pragma('schema_version');
  } finally {
    database.close();
  }
}
