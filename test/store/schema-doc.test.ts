import { readFileSync } from 'node:fs';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { openQueries, type QueryConnection } from '../../src/store/query/query-database.js';
import { openStore } from '../../src/store/write/sqlite-store.js';
import { tableFunctions } from '../../src/store/query/table-functions.js';
import * as sample from './sample-sweep.js';

const text = readFileSync(new URL('../../docs/SCHEMA.md', import.meta.url), 'utf8');
const cookbook = [...text.matchAll(/^(?<title>[^\n]+):?[^\n]*\n\n```sql\n(?<sql>.*?)```/gms)].map(
  ({ groups }) => [groups!['title']!, groups!['sql']!] as const,
);

describe('docs/SCHEMA.md', () => {
  let queries: QueryConnection;
  beforeAll(() => {
    const path = sample.temporaryDatabase();
    const store = openStore(path);
    sample.fill(store);
    store.close();
    queries = openQueries(path);
  });
  afterAll(() => {
    queries.close();
  });

  it('lists every view with every column in order', () => {
    const documented = Object.fromEntries(
      text
        .split(/^### /m)
        .slice(1)
        .filter((section) => section.startsWith('v_'))
        .map((section) => [
          /^v_\w+/.exec(section)![0],
          [...section.split(/^## /m)[0]!.matchAll(/^\| `(\w+)` \|/gm)].map(([, column]) => column),
        ]),
    );
    const columns = queries.query(
      `SELECT v.name, c.name
       FROM (SELECT * FROM sqlite_schema UNION ALL SELECT * FROM sqlite_temp_schema) v JOIN pragma_table_info(v.name) c
       WHERE v.type = 'view' ORDER BY v.name, c.cid`,
    ).rows;
    const actual: Record<string, string[]> = {};
    for (const [view, column] of columns as readonly [string, string][]) (actual[view] ??= []).push(column);
    expect(documented).toEqual(actual);
  });

  it('lists every table function with its parameters and every column in order', () => {
    const functions = text.slice(text.indexOf('## Table functions'), text.indexOf('## Cookbook')).split(/^### /m);
    const documented = functions
      .slice(1)
      .map((section) => [
        section.split('\n')[0],
        /^`\w+\((?<parameters>[\w, ]+)\)`/m.exec(section)?.groups?.['parameters'],
        [...section.matchAll(/^\| `(\w+)` \|/gm)].map(([, column]) => column),
      ]);
    const actual = tableFunctions.map(({ name, parameters }) => [
      name,
      parameters.join(', '),
      queries.query(`SELECT name FROM pragma_table_info('${name}')`).rows.map(([column]) => column),
    ]);
    expect(documented).toEqual(actual);
  });

  it('lists every table', () => {
    const tables = queries.query(
      `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'`,
    ).rows;
    const section = text.slice(text.indexOf('## Tables'));
    expect(tables.filter(([name]) => !section.includes(`\`${String(name)}\``))).toEqual([]);
  });

  it('has a cookbook of at least 12 queries', () => {
    expect(cookbook.length).toBeGreaterThanOrEqual(12);
  });

  it.each(cookbook)('cookbook: %s', (title, sql) => {
    const { rows } = queries.query(sql, { sweep: 'tiny', trial: 3 });
    // The sample has one sweep, so that two have nothing in common; every other question has an
    // answer in it.
    expect(rows.length > 0).toBe(!title.startsWith('Two sweeps'));
  });
});
