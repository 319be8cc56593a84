import { hostname } from 'node:os';
import { resolve } from 'node:path';

import Database from 'better-sqlite3';

import { explainFailure } from './sqlite-failure.js';
import { StoreError } from './store-error.js';

export interface DatabaseLock {
  /** Idempotent. */
  release(): void;
}

interface Owner {
  readonly pid: number;
  readonly host: string;
  readonly since: string;
}

/**
 * Makes this process the only one that runs a sweep on the database at `path`. Readers are not held up.
 *
 * The lock is an open write transaction on `<path>.lock`, a second small SQLite file: the operating system drops it
 * with the process, also on kill -9, so there is no stale lock to clean up. The file itself stays (deleting it would let
 * two processes lock two files of one name). Its one row says who took the lock last; it can be read while locked.
 *
 * Throws {@link StoreError} `locked`, naming the other's process and host, or what opening the file ran into.
 */
export function lockDatabase(path: string): DatabaseLock {
  const file = `${resolve(path)}.lock`;
  let database: Database.Database | null = null;
  try {
    database = new Database(file, { timeout: 250 });
    take(database);
  } catch (error) {
    const refusal = database !== null && isBusy(error) ? heldBy(database, path, error) : explainFailure(error, file);
    database?.close();
    throw refusal;
  }
  const held = database;
  return { release: () => void held.close() };
}

function take(database: Database.Database): void {
  database.exec('BEGIN IMMEDIATE');
  database.exec(
    'CREATE TABLE IF NOT EXISTS owner (id INTEGER PRIMARY KEY CHECK (id = 1), pid INTEGER, host TEXT, since TEXT)',
  );
  database
    .prepare('INSERT OR REPLACE INTO owner (id, pid, host, since) VALUES (1, ?, ?, ?)')
    .run(process.pid, hostname(), new Date().toISOString());
  // Committed, so that others can read the row, then locked anew. Who comes in between wins; this process then fails.
  database.exec('COMMIT');
  database.exec('BEGIN IMMEDIATE');
}

function isBusy(error: unknown): boolean {
  return error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY');
}

function heldBy(database: Database.Database, path: string, cause: unknown): StoreError {
  let owner: Owner | undefined;
  try {
    owner = database.prepare('SELECT pid, host, since FROM owner').get() as Owner | undefined;
  } catch {
    // Caught in the instant in which the other writes its row: who it is stays unknown, that it runs does not.
    owner = undefined;
  }
  const who = owner === undefined ? 'Another process' : `Process ${owner.pid} on ${owner.host} (since ${owner.since})`;
  return new StoreError(
    'locked',
    `${who} runs a sweep on ${path}. Wait until it ends, stop it, or give another database.`,
    { cause },
  );
}
