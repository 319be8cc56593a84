import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';

import { openDatabase } from '../../../src/store/file/open-database.js';
import { readMigrations } from '../../../src/store/schema/migrations.js';
import { openQueries } from '../../../src/store/query/query-database.js';
import { ownViews, readViews, type View } from '../../../src/store/schema/views.js';
import { openStore } from '../../../src/store/write/sqlite-store.js';
import * as sample from '../sample-sweep.js';

function filled(): string {
  const path = sample.temporaryDatabase();
  const store = openStore(path);
  sample.fill(store);
  store.close();
  return path;
}

/** A view as another version of the program has it. */
function view(name: string, select: string): View {
  const sql = `-- A row is one.\nCREATE VIEW ${name} AS\n${select};\n`;
  return { name, sql, sha256: `of ${sql}` };
}

const otherViews: readonly View[] = [
  ...ownViews().filter(({ name }) => name !== 'v_accuracy' && name !== 'v_sweep'),
  view('v_sweep', "SELECT name || ' of another version' AS sweep FROM sweep"),
  view('v_later', 'SELECT 1 AS one'),
];

function made(path: string): Record<string, string> {
  const database = new Database(path, { readonly: true });
  const rows = database.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'view'").raw().all();
  database.close();
  return Object.fromEntries(rows as [string, string][]);
}

describe('the columns of views', () => {
  it('have the names, the order and the types that people rely on', () => {
    const recorded = JSON.parse(
      readFileSync(new URL('../fixtures/view-columns.json', import.meta.url), 'utf8'),
    ) as Record<string, string[]>;
    const path = sample.temporaryDatabase();
    openStore(path).close();
    const queries = openQueries(path);
    // A later version may add views, and columns at the end.
    for (const [name, columns] of Object.entries(recorded)) {
      const actual = queries.query(`SELECT trim(name || ' ' || type) FROM pragma_table_info('${name}')`).rows.flat();
      expect(actual.slice(0, columns.length), name).toEqual(columns);
    }
    queries.close();
  });
});

describe('opening for writing', () => {
  it('makes the views of this program, each behind a comment that says what a row is', () => {
    const path = filled();
    expect(Object.keys(made(path)).sort()).toEqual(ownViews().map(({ name }) => name));
    for (const { name, sql } of ownViews()) expect(sql, name).toMatch(/^-- A row is one /);
  });

  it('makes them anew where they are others, with no copy of the file, since no table is changed', () => {
    const path = filled();
    openDatabase(path, { views: otherViews }).close();
    expect(Object.keys(made(path))).toContain('v_later');
    expect(Object.keys(made(path))).not.toContain('v_accuracy');
    const { v_sweep: other } = made(path);
    openDatabase(path).close();
    expect(Object.keys(made(path)).sort()).toEqual(ownViews().map(({ name }) => name));
    expect(made(path)['v_sweep']).not.toBe(other);
    expect(statSync(`${path}.v12.bak`, { throwIfNoEntry: false })).toBeUndefined();
  });

  it('leaves the schema alone where they are the same', () => {
    const path = filled();
    const version = (): unknown => {
      const database = openDatabase(path);
      const schema = database.pragma('schema_version', { simple: true });
      database.close();
      return schema;
    };
    expect(version()).toBe(version());
  });

  it('keeps the views that people made themselves', () => {
    const path = filled();
    const database = openDatabase(path);
    database.exec('CREATE VIEW mine AS SELECT sweep FROM v_sweep');
    database.close();
    openDatabase(path, { views: otherViews }).close();
    openDatabase(path).close();
    expect(made(path)['mine']).toBe('CREATE VIEW mine AS SELECT sweep FROM v_sweep');
  });

  it('leaves the file as it was where a view does not fit its tables', () => {
    const path = filled();
    const before = made(path);
    const broken = [...ownViews(), view('v_broken', 'SELECT missing FROM sweep')];
    expect(() => openDatabase(path, { views: broken })).toThrow(
      /View v_broken\.sql does not fit the tables of .*: no such column: missing\. The file is as it was\./,
    );
    expect(made(path)).toEqual(before);
  });

  it('changes tables that the views of an earlier version name', () => {
    const path = filled();
    const migrations = [
      ...readMigrations(),
      {
        number: readMigrations().length + 1,
        name: 'later.sql',
        sql: 'ALTER TABLE sweep RENAME COLUMN question TO asked',
        sha256: '',
      },
    ];
    const views = [view('v_sweep', 'SELECT name AS sweep, asked FROM sweep')];
    const database = openDatabase(path, { migrations, views });
    expect(database.prepare('SELECT * FROM v_sweep').all()).toEqual([{ sweep: 'tiny', asked: 'Which alpha?' }]);
    database.close();
    expect(Object.keys(made(path))).toEqual(['v_sweep']);
  });
});

describe('opening for reading', () => {
  it('answers by the views of this program, whichever are in the file, and leaves it as it is', () => {
    const path = filled();
    openDatabase(path, { views: otherViews }).close();
    const bytes = readFileSync(path);
    const queries = openQueries(path);
    expect(queries.query('SELECT sweep, trials FROM v_sweep').rows).toEqual([['tiny', 5]]);
    expect(queries.query('SELECT count(*) > 0 FROM v_accuracy').rows).toEqual([[1]]);
    expect(queries.query("SELECT place FROM v_place WHERE sweep = 'tiny' AND place = 1").rows).toEqual([[1]]);
    queries.close();
    expect(readFileSync(path).equals(bytes)).toBe(true);
    expect(made(path)['v_sweep']).toContain('of another version');
  });
});

describe('a file whose tables lack a column that views of this program name', () => {
  it('is refused for reading, with what brings it up to date', () => {
    const path = filled();
    const database = openDatabase(path, { views: [] });
    database.exec('ALTER TABLE trial DROP COLUMN export_bytes');
    database.close();
    expect(() => openQueries(path)).toThrow(
      /lacks what view v_\w+ of this quantsweep reads \(no such column: t\.export_bytes\)\. quantsweep migrate/,
    );
  });
});

describe('a folder of views', () => {
  it('names the file whose view has another name', () => {
    const folder = mkdtempSync(join(tmpdir(), 'quantsweep-views-'));
    writeFileSync(join(folder, 'v_one.sql'), '-- A row is one.\nCREATE VIEW v_two AS\nSELECT 1;\n');
    expect(() => readViews(folder)).toThrow(/Expected a line "CREATE VIEW v_one AS" in .*v_one\.sql, got none/);
  });
});
