import { accessSync, constants } from 'node:fs';
import { resolve } from 'node:path';

import Database from 'better-sqlite3';

import { Connection } from './connection.js';
import { openReadOnly } from './open-read-only.js';
import { explainFailure } from './sqlite-failure.js';

/** So long another writer is waited for: a sweep's transactions take milliseconds. */
const busyMs = 10_000;

/**
 * Opens an existing database of this schema for a short write beside a sweep that may be running.
 * Takes no lock of its own and leaves the write-ahead log to whoever runs: a sweep knows what it
 * has written back.
 *
 * @throws StoreError as `openReadOnly`, `older-schema` among them; `no-permission`
 */
export function openShared(path: string): Connection {
  const file = resolve(path);
  // Says what is wrong with the file, and rolls back what a killed program left.
  openReadOnly(file).close();
  let database: Database.Database | null = null;
  try {
    accessSync(file, constants.R_OK | constants.W_OK);
    database = new Database(file, { fileMustExist: true, timeout: busyMs });
    database.pragma('wal_autocheckpoint = 0');
    database.pragma('synchronous = NORMAL');
    database.pragma('foreign_keys = ON');
    return new Connection(database);
  } catch (error) {
    database?.close();
    throw explainFailure(error, file);
  }
}
