import { accessSync, constants, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

import Database from 'better-sqlite3';

import { makeFolder } from './make-folder.js';
import { migrate } from '../schema/migrate.js';
import { readMigrations, type Migration } from '../schema/migrations.js';
import { explainFailure } from './sqlite-failure.js';
import { checkIdentity } from '../schema/schema-identity.js';
import { settingColumns, type SettingColumn } from '../schema/setting-columns.js';
import { ownViews, type View } from '../schema/views.js';
import { StoreError } from '../store-error.js';

export interface OpenOptions {
  /** The schema to bring the file to; default: the package's own migrations. */
  readonly migrations?: readonly Migration[];
  /** The views that it is to have; default: the package's own. */
  readonly views?: readonly View[];
  /**
   * The columns of single settings that table `trial` is to have; default: those of all sections.
   */
  readonly columns?: readonly SettingColumn[];
  /** How long to wait for another connection, in milliseconds; default 5000. */
  readonly busyTimeoutMs?: number;
}

/**
 * Opens the database for writing; creates it, and the folders above it, where missing; brings its
 * schema up to date, adds columns of settings that it lacks, and makes its views anew where they
 * are others. An existing file is copied beside itself (`<path>.v<version>.bak`) before it is
 * migrated.
 *
 * `synchronous = NORMAL`: in WAL mode a killed process loses nothing; a power cut may lose the last
 * transactions, but never tears one. What is lost is run again by the same command, so waiting for
 * the disk at each commit buys nothing.
 *
 * Throws {@link StoreError}: `bad-path`, `no-permission`, `not-a-database`, `foreign-database`,
 * `newer-schema`, `changed-migration`, `locked`, `disk-full`, `io`.
 */
export function openDatabase(path: string, options: OpenOptions = {}): Database.Database {
  const file = resolve(path);
  const migrations = options.migrations ?? readMigrations();
  let database: Database.Database | null = null;
  try {
    const existed = checkPath(file);
    if (!existed) makeFolder(dirname(file));
    database = new Database(file, { timeout: options.busyTimeoutMs ?? 5000 });
    // Before anything is written: a foreign file must stay as it is. And one that can't be
    // migrated: the journal mode is in the file.
    checkIdentity(database, file, migrations.length);
    migrate(database, file, migrations, options.views ?? ownViews(), options.columns ?? settingColumns);
    if (database.pragma('journal_mode = WAL', { simple: true }) !== 'wal') {
      throw new StoreError(
        'io',
        `SQLite can't use a write-ahead log for ${file}: the file system lacks shared memory (a network mount?). Give a path on a local disk.`,
      );
    }
    database.pragma('synchronous = NORMAL');
    database.pragma('foreign_keys = ON');
    return database;
  } catch (error) {
    database?.close();
    throw explainFailure(error, file);
  }
}

/** True where the file exists. Says clearly what SQLite would only call "unable to open". */
function checkPath(file: string): boolean {
  const stats = statSync(file, { throwIfNoEntry: false });
  if (stats === undefined) return false;
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
  // SQLite would open a file that it may not write for reading only, and fail at the first write.
  accessSync(file, constants.R_OK | constants.W_OK);
  accessSync(dirname(file), constants.W_OK);
  return true;
}
