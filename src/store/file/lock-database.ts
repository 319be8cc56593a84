import { statSync } from 'node:fs';
import { hostname } from 'node:os';
import { resolve } from 'node:path';

import Database from 'better-sqlite3';

import { canLock, noLocksError } from './can-lock.js';
import { fileIdentity } from './file-identity.js';
import { processIdentity } from './process-identity.js';
import { explainFailure } from './sqlite-failure.js';
import { StoreError } from '../store-error.js';

export interface DatabaseLock {
  /**
   * Takes the lock anew where its file was removed or replaced. Does nothing where another process
   * has come to hold the new file: that one finds this one's row in the database and leaves.
   */
  renew(): void;
  /** Idempotent. */
  release(): void;
}

interface Owner {
  readonly pid: number;
  readonly host: string;
  readonly since: string;
}

/**
 * Makes this process the only one that runs a sweep on the database at `path`. Readers are not held
 * up.
 *
 * The lock is an open write transaction on `<path>.lock`, a second small SQLite file: the operating
 * system drops it with the process, also on kill -9, so there is no stale lock to clean up. The
 * file itself stays. Its one row says who took the lock last; it can be read while locked. Where
 * somebody deletes the file two processes could lock two files of one name: the claim in the
 * database itself (`writer-claim.ts`) then keeps the second one out.
 *
 * Throws {@link StoreError} `locked`, naming the other's process and host, `no-locks`, or what
 * opening the file ran into.
 */
export function lockDatabase(path: string): DatabaseLock {
  const file = `${resolve(path)}.lock`;
  let held = open(file, path);
  let identity = fileIdentity(file);
  return {
    renew: () => {
      if (statSync(file, { throwIfNoEntry: false }) !== undefined && fileIdentity(file) === identity) return;
      try {
        const next = open(file, path);
        held.close();
        held = next;
        identity = fileIdentity(file);
      } catch (error) {
        if (!(error instanceof StoreError && error.code === 'locked')) throw error;
      }
    },
    release: () => void held.close(),
  };
}

function open(file: string, path: string): Database.Database {
  let database: Database.Database | null = null;
  try {
    database = new Database(file, { timeout: 250 });
    take(database);
    return database;
  } catch (error) {
    const refusal = database !== null && isBusy(error) ? heldBy(database, path, error) : explainFailure(error, file);
    database?.close();
    throw refusal;
  }
}

function take(database: Database.Database): void {
  database.exec('BEGIN IMMEDIATE');
  database.exec(
    'CREATE TABLE IF NOT EXISTS owner (id INTEGER PRIMARY KEY CHECK (id = 1), pid INTEGER, host TEXT, since TEXT, process TEXT)',
  );
  const columns = database.pragma('table_info(owner)') as readonly { readonly name: string }[];
  // An earlier quantsweep made the file.
  if (!columns.some(({ name }) => name === 'process')) database.exec('ALTER TABLE owner ADD COLUMN process TEXT');
  database
    .prepare('INSERT OR REPLACE INTO owner (id, pid, host, since, process) VALUES (1, ?, ?, ?, ?)')
    .run(process.pid, hostname(), new Date().toISOString(), processIdentity(process.pid));
  // Committed, so that others can read the row, then locked anew. Who comes in between wins; this
  // process then fails.
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
    // Caught in the instant in which the other writes its row: who it is stays unknown, that it
    // runs does not.
    owner = undefined;
  }
  // SQLite calls a file that can't be locked at all busy, too. Where a file of nobody else is as
  // busy that is the cause.
  if (owner === undefined && !canLock(`${resolve(path)}.lock`)) return noLocksError(path, cause);
  const who = owner === undefined ? 'Another process' : `Process ${owner.pid} on ${owner.host} (since ${owner.since})`;
  return new StoreError(
    'locked',
    `${who} runs a sweep on ${path}. Wait until it ends, stop it, or give another database.`,
    { cause },
  );
}
