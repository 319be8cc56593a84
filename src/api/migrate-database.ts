import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { StoreError } from '../store/store-error.js';
import { openStore } from '../store/write/sqlite-store.js';

/** What bringing a database up to date left. */
export interface Migration {
  /** SQLite file, absolute. */
  readonly database: string;
  /** The copy of the file as it was, beside it; null where its tables were up to date. */
  readonly copy: string | null;
}

/**
 * Brings a database of an earlier version up to date, in one transaction; a copy of the file as it
 * was stays beside it. `runSweep` does the same. Nothing changes where it is up to date.
 *
 * @throws StoreError where there is none, where a sweep is running on it, or where it is none of
 *   quantsweep's
 */
export function migrateDatabase(database: string): Migration {
  const file = resolve(database);
  if (!existsSync(file)) {
    throw new StoreError('missing', `Expected a database at ${file}, found none. Give the path of one.`);
  }
  const before = new Set(copiesOf(file));
  openStore(file).close();
  const copy = copiesOf(file).find((name) => !before.has(name));
  return { database: file, copy: copy === undefined ? null : join(dirname(file), copy) };
}

function copiesOf(file: string): readonly string[] {
  const start = `${basename(file)}.v`;
  return readdirSync(dirname(file)).filter((name) => name.startsWith(start) && name.endsWith('.bak'));
}
