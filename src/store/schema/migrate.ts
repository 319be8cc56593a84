import type Database from 'better-sqlite3';

import { backUp } from '../file/back-up.js';
import { dropViews, hasViews, makeViews, viewsSinceVersion } from './make-views.js';
import type { Migration } from './migrations.js';
import { applicationId } from './schema-identity.js';
import { messageOf } from '../file/sqlite-failure.js';
import { StoreError } from '../store-error.js';
import { addMissingColumns, hasColumns, type SettingColumn } from './setting-columns.js';
import type { View } from './views.js';

const migrationTable = `CREATE TABLE IF NOT EXISTS migration (
  number     INTEGER PRIMARY KEY,
  name       TEXT NOT NULL,
  sha256     TEXT NOT NULL,
  applied_at TEXT NOT NULL
) STRICT`;

/**
 * Brings a database, whose version must not be above that of `migrations`, to the last of them,
 * gives table `trial` those of `columns` that it lacks, and brings its views to `views`, in one
 * transaction: where one fails the file stays what it was, byte for byte. Throws {@link StoreError}
 * `changed-migration` where an applied one has another checksum. May leave `foreign_keys` off.
 */
export function migrate(
  database: Database.Database,
  file: string,
  migrations: readonly Migration[],
  views: readonly View[],
  columns: readonly SettingColumn[],
): void {
  const version = versionOf(database);
  if (version > 0) checkApplied(database, file, migrations);
  const withViews = migrations.length >= viewsSinceVersion;
  const isMigrated = version >= migrations.length;
  if (isMigrated && (!withViews || (hasViews(database, views) && hasColumns(database, columns)))) return;
  // Views hold no rows, and a column is only added: a copy is kept of what migrations change.
  if (version > 0 && !isMigrated) backUp(database, file, version);
  // Has no effect inside a transaction. A migration that rebuilds a table needs it off; it is
  // checked before the commit.
  database.pragma('foreign_keys = OFF');
  database
    .transaction(() => {
      // The version is read again under the write lock: another process may have migrated
      // meanwhile.
      const pending = migrations.filter(({ number }) => number > versionOf(database));
      if (pending.length > 0 && versionOf(database) >= viewsSinceVersion) dropViews(database, file);
      for (const migration of pending) apply(database, file, migration);
      if (withViews) addMissingColumns(database, columns);
      if (withViews && !hasViews(database, views)) makeViews(database, file, views);
    })
    .immediate();
}

function apply(database: Database.Database, file: string, migration: Migration): void {
  try {
    database.exec(migrationTable);
    database.exec(migration.sql);
  } catch (error) {
    throw new Error(`Migration ${migration.name} failed on ${file}: ${messageOf(error)}. The file is as it was.`, {
      cause: error,
    });
  }
  const broken = database.pragma('foreign_key_check') as readonly unknown[];
  if (broken.length > 0) {
    throw new Error(
      `Migration ${migration.name} left ${broken.length} broken references in ${file}. The file is as it was.`,
    );
  }
  database
    .prepare('INSERT INTO migration (number, name, sha256, applied_at) VALUES (?, ?, ?, ?)')
    .run(migration.number, migration.name, migration.sha256, new Date().toISOString());
  database.pragma(`application_id = ${applicationId}`);
  database.pragma(`user_version = ${migration.number}`);
}

function checkApplied(database: Database.Database, file: string, migrations: readonly Migration[]): void {
  const applied = database.prepare('SELECT number, name, sha256 FROM migration ORDER BY number').all() as readonly {
    number: number;
    name: string;
    sha256: string;
  }[];
  for (const { number, name, sha256 } of applied) {
    const known = migrations[number - 1];
    if (known?.sha256 === sha256) continue;
    throw new StoreError(
      'changed-migration',
      `${file} was made by migration ${name} with sha256 ${sha256.slice(0, 12)}..., this quantsweep has ` +
        `${known === undefined ? 'none of that number' : `${known.name} with ${known.sha256.slice(0, 12)}...`}: its tables differ. ` +
        'Use the quantsweep that wrote it, or start a new database.',
    );
  }
}

function versionOf(database: Database.Database): number {
  return Number(database.pragma('user_version', { simple: true }));
}
