import { rmSync } from 'node:fs';

import Database from 'better-sqlite3';

import { StoreError } from '../store-error.js';

/**
 * False where a file that nobody else knows, made beside `path` and removed again, can't be locked:
 * the file system has no locks. SQLite reports the system's ENOLCK as it does a lock that another
 * process holds. True where no file can be made there, so that nothing is known.
 */
export function canLock(path: string): boolean {
  const file = `${path}-probe-${process.pid}`;
  let database: Database.Database | null = null;
  try {
    database = new Database(file, { timeout: 0 });
    database.exec('BEGIN IMMEDIATE; ROLLBACK');
    return true;
  } catch (error) {
    return !(error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY'));
  } finally {
    database?.close();
    rmSync(file, { force: true });
  }
}

/** @param path of the database */
export function noLocksError(path: string, cause: unknown): StoreError {
  return new StoreError(
    'no-locks',
    `The file system of ${path} has no file locks: it refuses every lock, as a network mount without a lock service does, so two runs could not be told apart. Give a database on a local disk (run.database), or mount the file system with locks.`,
    { cause },
  );
}
