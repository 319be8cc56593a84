import type Database from 'better-sqlite3';

import { StoreError } from '../store-error.js';

/** `PRAGMA application_id` of every quantsweep database: "QSWP" in ASCII. */
export const applicationId = 0x51535750;

/**
 * The schema version of an open database; 0 for an empty file. Reads only. Throws {@link
 * StoreError} `foreign-database` for a file of another program and `newer-schema` where the version
 * is above `known`.
 */
export function checkIdentity(database: Database.Database, file: string, known: number): number {
  const id = Number(database.pragma('application_id', { simple: true }));
  const version = Number(database.pragma('user_version', { simple: true }));
  const objects = Number(database.prepare('SELECT count(*) FROM sqlite_schema').pluck().get());
  const empty = id === 0 && version === 0 && objects === 0;
  if (empty) return 0;
  if (id !== applicationId) {
    throw new StoreError(
      'foreign-database',
      `Expected a quantsweep database at ${file}, got an SQLite file of another program (application_id ${id}, ${objects} tables and views). Nothing was changed. Give another path.`,
    );
  }
  if (version > known) {
    throw new StoreError(
      'newer-schema',
      `${file} has schema version ${version}; this quantsweep knows versions up to ${known}. Nothing was changed. Use the newer quantsweep that wrote it, or give another path.`,
    );
  }
  return version;
}
