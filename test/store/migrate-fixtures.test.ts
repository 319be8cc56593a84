import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { readMigrations } from '../../src/store/schema/migrations.js';
import { openDatabase } from '../../src/store/file/open-database.js';
import { openQueries } from '../../src/store/query/query-database.js';
import { temporaryDatabase } from './sample-sweep.js';
import { summarizeAllTrials } from './summarize-all-trials.js';

/**
 * Tables whose rows hold results, in an order of their own, with the columns that every schema has.
 */
const results = [
  `SELECT t.key, a.metric, a.slice, a.value, a.ci_low, a.ci_high FROM accuracy a JOIN trial t ON t.id = a.trial_id ORDER BY 1, 2, 3`,
  `SELECT t.key, l.name, x.mode, x.l1, x.mse FROM layer_loss x JOIN trial t ON t.id = x.trial_id JOIN layer l ON l.id = x.layer_id ORDER BY 1, 2, 3`,
  `SELECT t.key, l.name, q.role, q.amax, q.scale FROM quantizer q JOIN trial t ON t.id = q.trial_id JOIN layer l ON l.id = q.layer_id ORDER BY 1, 2, 3`,
  `SELECT o.batches, l.name, c.channel, c.act_absmax FROM channel_stat c JOIN observation o ON o.id = c.observation_id JOIN layer l ON l.id = c.layer_id ORDER BY 1, 2, 3`,
  `SELECT id, status, number, started_at FROM attempt ORDER BY id`,
];

function readAll(database: Database.Database): unknown[] {
  return results.map((sql) => database.prepare(sql).raw().all());
}

/**
 * A file as that version of the program left it: a sweep of four trials, FP32, unsmoothed, static
 * and dynamic.
 */
function fixture(version: number): string {
  const path = temporaryDatabase();
  writeFileSync(path, gunzipSync(readFileSync(new URL(`fixtures/schema-${version}.db.gz`, import.meta.url))));
  return path;
}

const earlier = Array.from({ length: readMigrations().length - 1 }, (_, index) => index + 1);

describe.each(earlier)('a database that schema %i left behind', (version) => {
  it('is kept as a fixture', () => {
    expect(existsSync(new URL(`fixtures/schema-${version}.db.gz`, import.meta.url))).toBe(true);
  });

  it('migrates with every result in it and answers every view', () => {
    const path = fixture(version);
    const before = new Database(path, { readonly: true });
    expect(before.pragma('user_version', { simple: true })).toBe(version);
    const kept = readAll(before);
    before.close();
    expect(kept.every((rows) => (rows as unknown[]).length > 3)).toBe(true);
    const database = openDatabase(path);
    expect(database.pragma('user_version', { simple: true })).toBe(readMigrations().length);
    expect(database.pragma('integrity_check', { simple: true })).toBe('ok');
    expect(database.pragma('foreign_key_check')).toEqual([]);
    expect(readAll(database)).toEqual(kept);
    database.close();
    expect(existsSync(`${path}.v${version}.bak`)).toBe(true);
    const queries = openQueries(path);
    const views = queries
      .query("SELECT name FROM sqlite_schema WHERE type = 'view' ORDER BY 1")
      .rows.map(([name]) => String(name));
    expect(views.length).toBeGreaterThan(15);
    for (const view of views) expect(() => queries.query(`SELECT * FROM ${view}`), view).not.toThrow();
    expect(queries.query("SELECT label, status FROM v_trial WHERE sweep = 'tiny' ORDER BY position").rows).toEqual([
      ['fp32', 'done'],
      ['unsmoothed', 'done'],
      ['static alpha=0.5', 'done'],
      ['dynamic', 'done'],
    ]);
    queries.close();
  });

  it('sums its trials up as finishing a trial does', () => {
    const path = fixture(version);
    const before = new Database(path, { readonly: true });
    const means = 'SELECT key, mean_l1, mean_rel_l1, mean_sqnr_db FROM v_trial ORDER BY key';
    const kept = before.prepare(means).all();
    before.close();
    const database = openDatabase(path);
    expect(database.prepare(means).all()).toEqual(kept);
    const summed = (): unknown[] =>
      ['trial_loss', 'trial_coverage'].map((table) => database.prepare(`SELECT * FROM ${table}`).all());
    const migrated = summed();
    expect(migrated.map((rows) => (rows as unknown[]).length)).toEqual([3, 4]);
    summarizeAllTrials(database);
    expect(summed()).toEqual(migrated);
    database.close();
  });

  it('stays what it was, byte for byte, when a migration fails', () => {
    const path = fixture(version);
    const bytes = readFileSync(path);
    const broken = { number: readMigrations().length + 1, name: 'broken.sql', sql: 'DROP TABLE nowhere', sha256: '' };
    expect(() => openDatabase(path, { migrations: [...readMigrations(), broken] })).toThrow(
      /Migration broken\.sql failed .* The file is as it was/,
    );
    expect(readFileSync(path).equals(bytes)).toBe(true);
  });

  it('is refused for reading with both versions named, and left as it was', () => {
    const path = fixture(version);
    const bytes = readFileSync(path);
    expect(() => openQueries(path)).toThrow(
      `has schema version ${version}; this quantsweep reads version ${readMigrations().length}. quantsweep migrate (or run) brings it up to date`,
    );
    expect(readFileSync(path).equals(bytes)).toBe(true);
  });
});
