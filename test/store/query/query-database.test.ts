import { existsSync, readFileSync } from 'node:fs';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { openQueries, queryDatabase, type QueryConnection } from '../../../src/store/query/query-database.js';
import { openStore } from '../../../src/store/write/sqlite-store.js';
import { StoreError } from '../../../src/store/store-error.js';
import * as sample from '../sample-sweep.js';

describe('queryDatabase', () => {
  const path = sample.temporaryDatabase();
  const elsewhere = `${path}.elsewhere`;
  let queries: QueryConnection;
  beforeAll(() => {
    const store = openStore(path);
    sample.fill(store);
    store.close();
    queries = openQueries(path);
  });
  afterAll(() => {
    queries.close();
  });

  it('returns columns and rows, also with repeated names and without rows', () => {
    expect(queryDatabase(path, 'SELECT 1 AS a, 2 AS a')).toEqual({ columns: ['a', 'a'], rows: [[1, 2]] });
    expect(queries.query('SELECT sweep, trials FROM v_sweep WHERE false')).toEqual({
      columns: ['sweep', 'trials'],
      rows: [],
    });
  });

  it('binds parameters by place and by name', () => {
    expect(queries.query('SELECT ?, ?', ['x', null]).rows).toEqual([['x', null]]);
    expect(queries.query('SELECT :a + :b', { a: 1, b: 2, unused: 3 }).rows).toEqual([[3]]);
  });

  it('keeps integers beyond 2^53 as bigints and blobs as bytes', () => {
    expect(queries.query(`SELECT 9007199254740993, -9007199254740991, x'00ff', 2.0`).rows).toEqual([
      [9007199254740993n, -9007199254740991, Buffer.from([0, 255]), 2],
    ]);
  });

  it.each([
    `  -- a comment\n/* another */ SELECT 1`,
    'WITH a(x) AS (VALUES (1)) SELECT x FROM a;',
    'VALUES (1)',
    'EXPLAIN QUERY PLAN SELECT * FROM v_trial',
    'PRAGMA table_info(trial)',
    `SELECT name FROM pragma_table_info('trial')`,
  ])('runs %s', (sql) => {
    expect(queries.query(sql).rows.length).toBeGreaterThan(0);
  });

  it.each([
    [`ATTACH '${elsewhere}' AS other`, /begins with "ATTACH"/],
    [`VACUUM INTO '${elsewhere}'`, /begins with "VACUUM"/],
    [`/* SELECT */ DELETE FROM trial`, /begins with "DELETE"/],
    [`INSERT INTO sweep_stage VALUES (1, 1) RETURNING sweep_id`, /begins with "INSERT"/],
    ['WITH a AS (SELECT 1) DELETE FROM trial RETURNING id', /only reads/],
    ['PRAGMA query_only = OFF', /pragmas that only inform/],
    ['PRAGMA writable_schema = 1', /pragmas that only inform/],
    ['PRAGMA user_version = 9', /only reads|readonly/],
    ['CREATE TEMP TABLE t (a)', /begins with "CREATE"/],
    ['SELECT 1; SELECT 2', /more than one statement/],
    ['-- nothing', /got nothing/],
    ['', /got nothing/],
    [`SELECT load_extension('${elsewhere}')`, /SQLite rejects the query|not authorized/],
    [`SELECT writefile('${elsewhere}', 'x')`, /no such function: writefile/],
    [`SELECT readfile('${path}')`, /no such function: readfile/],
    [`SELECT edit('x')`, /no such function: edit/],
    [`SELECT * FROM fsdir('/')`, /no such table: fsdir/],
    [`EXPLAIN ATTACH '${elsewhere}' AS other; SELECT 1`, /more than one statement/],
    [`\uFEFF; ATTACH '${elsewhere}' AS other`, /begins with "ATTACH"/],
    ['DETACH main', /begins with "DETACH"/],
    [`CREATE VIRTUAL TABLE temp.t USING csv(filename='${elsewhere}')`, /begins with "CREATE"/],
    ['BEGIN EXCLUSIVE', /begins with "BEGIN"/],
    ['REINDEX', /begins with "REINDEX"/],
    ['PRAGMA main.journal_mode = DELETE', /pragmas that only inform/],
    ['PRAGMA/**/wal_checkpoint(TRUNCATE)', /pragmas that only inform/],
    ['PRAGMA "main"."query_only" = OFF', /pragmas that only inform/],
    ['PRAGMA temp.user_version = 9', /pragmas that only inform|only reads|readonly/],
    ['PRAGMA application_id(9)', /only reads|readonly/],
    [`SELECT * FROM pragma_journal_mode('delete')`, /unknown database 'delete'/],
    [`SELECT * FROM pragma_wal_checkpoint('truncate')`, /no such table: pragma_wal_checkpoint/],
    [`SELECT fts3_tokenizer('simple', x'00')`, /no such function|SQLite rejects/],
    ['SELECT * FROM v_trials', /no such table: v_trials/],
    ['SELECT :missing', /Missing named parameter "missing"/],
    ['SELECT "trial', /unrecognized token/],
  ])('refuses %s', (sql, message) => {
    const before = readFileSync(path);
    let error: unknown;
    try {
      queries.query(sql, {});
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(StoreError);
    expect((error as StoreError).message).toMatch(message);
    expect((error as StoreError).code).toBe('bad-query');
    expect(existsSync(elsewhere)).toBe(false);
    expect(readFileSync(path).equals(before)).toBe(true);
  });
});
