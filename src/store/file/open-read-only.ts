import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';

import Database from 'better-sqlite3';

import { hasViews, shadowViews } from '../schema/make-views.js';
import { readMigrations } from '../schema/migrations.js';
import { checkIdentity } from '../schema/schema-identity.js';
import { ownViews } from '../schema/views.js';
import { rollBackLeftOver, sideFiles } from './side-files.js';
import { explainFailure } from './sqlite-failure.js';
import { StoreError } from '../store-error.js';

/**
 * Opens an existing quantsweep database of this schema for reading only; a sweep may be writing it
 * meanwhile. Throws {@link StoreError}: `missing`, `bad-path`, `no-permission`, `not-a-database`,
 * `foreign-database`, `newer-schema`, `older-schema`, `unfinished`.
 *
 * A change that another program was killed in is rolled back first, as any program does that opens
 * the file; where that may not be written the file is refused. Uncommitted rows are never shown.
 *
 * Views are always those of this program, also where an older or a newer one with the same tables
 * made those in the file: the connection sees its own instead, and the file stays as it is.
 *
 * @param busyMs for so long a reader blocks where another program holds the whole database for a
 * moment
 */
export function openReadOnly(path: string, busyMs = 5000): Database.Database {
  const file = resolve(path);
  const known = readMigrations().length;
  let database: Database.Database | null = null;
  try {
    checkFile(file);
    database = openFile(file, busyMs);
    const version = checkIdentity(database, file, known);
    if (version < known) {
      throw new StoreError(
        'older-schema',
        version === 0
          ? `${file} is an empty database: no sweep has been run in it. Run one with quantsweep run, or give another path.`
          : `${file} has schema version ${version}; this quantsweep reads version ${known}. quantsweep migrate (or run) brings it up to date and keeps a copy.`,
      );
    }
    // Another version of the program with the same tables wrote it: what is asked here is answered
    // by this one's views.
    if (!hasViews(database, ownViews())) shadowViews(database, file, ownViews());
    database.pragma('query_only = ON');
    return database;
  } catch (error) {
    database?.close();
    throw explainFailure(error, file);
  }
}

function checkFile(file: string): void {
  const stats = statSync(file, { throwIfNoEntry: false });
  if (stats === undefined) {
    throw new StoreError(
      'missing',
      `Expected a database at ${file}, found none. Run a sweep first, or give the path of another one.`,
    );
  }
  if (stats.isDirectory()) {
    throw new StoreError(
      'bad-path',
      `Expected a database file, got a folder: ${file}. Give a file in it, e.g. ${file}/quantsweep.db.`,
    );
  }
  // Opening a pipe would wait for somebody at its other end.
  if (!stats.isFile()) {
    throw new StoreError('bad-path', `Expected a database file, got a pipe or a device: ${file}. Give another path.`);
  }
}

function openFile(file: string, busyMs: number): Database.Database {
  let database: Database.Database | null = null;
  try {
    rollBackLeftOver(file, busyMs);
    database = new Database(file, { readonly: true, fileMustExist: true, timeout: busyMs });
    database.pragma('schema_version');
    return database;
  } catch (error) {
    database?.close();
    const noSideFiles = error instanceof Database.SqliteError && /^SQLITE_(CANTOPEN|READONLY)/.test(error.code);
    // SQLite reads a WAL database only where it may make files beside it. On read-only media it
    // can't; a database that was closed properly is whole without them and is read from memory. One
    // that was not is never read around them.
    if (!noSideFiles) throw error;
    return new Database(readQuiet(file, error), { readonly: true });
  }
}

/**
 * The bytes of a file that owes nothing and that nobody wrote meanwhile. Throws StoreError
 * `unfinished`, `busy`.
 */
function readQuiet(file: string, cause: unknown): Buffer {
  for (let read = 0; read < 5; read++) {
    const before = statSync(file, { bigint: true });
    const bytes = readFileSync(file);
    refuseUnfinished(file, cause);
    const after = statSync(file, { bigint: true });
    if (before.mtimeNs !== after.mtimeNs || before.size !== after.size) continue;
    // File format versions for writing and reading: 2 is a write-ahead log, which memory does not
    // have; 1 a journal.
    bytes[18] = 1;
    bytes[19] = 1;
    return bytes;
  }
  throw new StoreError(
    'busy',
    `Another program is writing ${file}, and this one may write nothing beside it, which reading needs meanwhile. Try again when that program is done.`,
    { cause },
  );
}

/**
 * @throws StoreError `unfinished` where a log lies beside the file whose contents SQLite owes it
 */
function refuseUnfinished(file: string, cause: unknown): void {
  const { journal, log } = sideFiles(file);
  const owed = journal ?? log;
  if (owed === null) return;
  throw new StoreError(
    'unfinished',
    `${file} can't be read as it lies there: ${
      owed === journal
        ? `a program was ended in the middle of a change, and ${journal} holds what undoes it`
        : `its last results are in ${owed} beside it, which SQLite can read only where it may write`
    }. Make the folder and its files writable, or copy both files together to a folder that is, and try again there.`,
    { cause },
  );
}
