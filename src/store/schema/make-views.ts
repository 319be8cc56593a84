import type Database from 'better-sqlite3';

import { messageOf } from '../file/sqlite-failure.js';
import { StoreError } from '../store-error.js';
import type { View } from './views.js';

/** The schema version from which on views are no part of migrations; see `0012-views-apart.sql`. */
export const viewsSinceVersion = 12;

/**
 * Whether the views that the program made in the database are these, of these texts, and still
 * there.
 */
export function hasViews(database: Database.Database, views: readonly View[]): boolean {
  const there = new Set(database.prepare("SELECT name FROM sqlite_schema WHERE type = 'view'").pluck().all());
  const made = new Map(database.prepare('SELECT name, sha256 FROM view_definition').raw().all() as [string, string][]);
  return made.size === views.length && views.every(({ name, sha256 }) => made.get(name) === sha256 && there.has(name));
}

/**
 * Removes the views that the program made, and no others. Tables can be changed only where no view
 * names them.
 */
export function dropViews(database: Database.Database, file: string): void {
  for (const name of database.prepare('SELECT name FROM view_definition').pluck().all() as string[]) {
    requireNoTable(database, file, name);
    database.exec(`DROP VIEW IF EXISTS "${name}"`);
  }
  database.exec('DELETE FROM view_definition');
}

/**
 * Makes these views in place of those that the program made before. To be called in a transaction.
 * Throws where a view does not fit the tables, with the name of its file.
 */
export function makeViews(database: Database.Database, file: string, views: readonly View[]): void {
  dropViews(database, file);
  const insert = database.prepare('INSERT INTO view_definition (name, sha256) VALUES (?, ?)');
  for (const { name, sql, sha256 } of views) {
    // A view that somebody made under a name of ours would keep every later version from opening
    // the file.
    requireNoTable(database, file, name);
    database.exec(`DROP VIEW IF EXISTS "${name}"`);
    explained(name, file, () => database.exec(sql));
    insert.run(name, sha256);
  }
  // What a view names is looked up when it is used, not when it is made.
  for (const { name } of views) explained(name, file, () => database.prepare(`SELECT * FROM "${name}"`));
}

function requireNoTable(database: Database.Database, file: string, name: string): void {
  const found = database.prepare('SELECT type FROM sqlite_schema WHERE name = ?').pluck().get(name) as
    string | undefined;
  if (found === undefined || found === 'view') return;
  throw new StoreError(
    'foreign-database',
    `${file} has a ${found} called ${name}, which is the name of a view of quantsweep. Rename it (ALTER TABLE ${name} RENAME TO ...) and run the same command again; the file is as it was.`,
  );
}

/**
 * Lets this connection alone see these views, whichever are in the file, which is not written:
 * temporary views come before those of the file wherever a name is looked up.
 */
export function shadowViews(database: Database.Database, file: string, views: readonly View[]): void {
  for (const { name, sql } of views) {
    database.exec(sql.replace(`\nCREATE VIEW ${name} AS\n`, `\nCREATE TEMP VIEW ${name} AS\n`));
  }
  for (const { name } of views) {
    try {
      database.prepare(`SELECT * FROM "${name}"`);
    } catch (error) {
      throw new StoreError(
        'older-schema',
        `${file} lacks what view ${name} of this quantsweep reads (${messageOf(error)}). quantsweep migrate brings it up to date.`,
        { cause: error },
      );
    }
  }
}

function explained(name: string, file: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    throw new Error(
      `View ${name}.sql does not fit the tables of ${file}: ${messageOf(error)}. The file is as it was.`,
      {
        cause: error,
      },
    );
  }
}
