import { existsSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

import { StoreError } from '../store-error.js';
import { canLock, noLocksError } from './can-lock.js';
import { CommitGuard } from './commit-guard.js';
import { Connection } from './connection.js';
import { lockDatabase, type DatabaseLock } from './lock-database.js';
import { makeFolder } from './make-folder.js';
import { openDatabase } from './open-database.js';
import { openReadOnly } from './open-read-only.js';
import { explainFailure } from './sqlite-failure.js';

/**
 * A database that this process alone writes. The guard closes the connection, then the lock is to
 * be released.
 */
export interface ExclusiveDatabase {
  readonly connection: Connection;
  readonly guard: CommitGuard;
  readonly lock: DatabaseLock;
}

/**
 * Opens a database for writing: takes the lock (one writer a database), creates or migrates the
 * file. Throws {@link StoreError}; see `openDatabase` and `lockDatabase`.
 */
export function openExclusive(path: string): ExclusiveDatabase {
  const file = realPath(resolve(path));
  let lock: DatabaseLock | null = null;
  let connection: Connection | null = null;
  try {
    // Before the lock makes a file beside it: a bad path must leave nothing behind.
    prepareFile(file);
    lock = lockDatabase(file);
    connection = new Connection(openDatabase(file, { busyTimeoutMs }));
    const guard = new CommitGuard(resolve(path), connection, lock);
    connection.setGuard(guard);
    return { connection, guard, lock };
  } catch (error) {
    connection?.close();
    lock?.release();
    if (error instanceof StoreError && error.code === 'busy' && !canLock(file)) throw noLocksError(file, error);
    throw explainFailure(error, file);
  }
}

/**
 * Waiting for another program blocks the run, so it is short; whoever calls tries again
 * (`Patience`).
 */
const busyTimeoutMs = 1000;

/** The file behind links, so that one database has one lock whatever name it is reached by. */
function realPath(file: string): string {
  if (existsSync(file)) return realpathSync(file);
  return existsSync(dirname(file)) ? join(realpathSync(dirname(file)), basename(file)) : file;
}

/** Refuses what is no quantsweep database; makes the folder of a new one. */
function prepareFile(file: string): void {
  if (statSync(file, { throwIfNoEntry: false }) === undefined) {
    makeFolder(dirname(file));
    return;
  }
  try {
    openReadOnly(file).close();
  } catch (error) {
    // An empty file or an older schema is what opening for writing brings up to date.
    if (!(error instanceof StoreError && error.code === 'older-schema')) throw error;
  }
}
