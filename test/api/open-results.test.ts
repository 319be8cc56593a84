import { gunzipSync } from 'node:zlib';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openResults } from '../../src/api/open-results.js';
import { viewColumns, type ViewName } from '../../src/store/query/view-columns.js';
import { openStore } from '../../src/store/write/sqlite-store.js';
import { temporaryFolder } from '../cli/command-line.js';

/** A database that earlier versions wrote, brought up to date. */
function sampleDatabase(): string {
  const path = join(temporaryFolder(), 'results.db');
  const packed = new URL('../store/fixtures/schema-10.db.gz', import.meta.url);
  writeFileSync(path, gunzipSync(readFileSync(packed)));
  openStore(path).close();
  return path;
}

describe('openResults', () => {
  const path = sampleDatabase;

  it('declares every column of every view in its order, with what its cells hold', () => {
    const results = openResults(path());
    const views = results.query(
      "SELECT name FROM (SELECT * FROM sqlite_schema UNION ALL SELECT * FROM sqlite_temp_schema) WHERE type = 'view' ORDER BY name",
    );
    expect(Object.keys(viewColumns).sort()).toEqual(views.map(({ name }) => name));
    for (const view of Object.keys(viewColumns) as ViewName[]) {
      const columns: Readonly<Record<string, string>> = viewColumns[view];
      const found = results.query(`SELECT name FROM pragma_table_info('${view}')`).map(({ name }) => name);
      expect({ view, columns: Object.keys(columns) }).toEqual({ view, columns: found });
      for (const row of results.rows(view)) {
        for (const [column, kind] of Object.entries(columns)) {
          const cell = (row as Readonly<Record<string, unknown>>)[column];
          const fits =
            cell === null ? kind.endsWith('?') : typeof cell === (kind.startsWith('text') ? 'string' : 'number');
          expect({ view, column, cell, fits }).toEqual({ view, column, cell, fits: true });
        }
      }
    }
    results.close();
  });

  it('filters rows by equal columns, NULL among them', () => {
    const results = openResults(path());
    const [sweep] = results.sweeps();
    const all = results.rows('v_trial', { sweep: sweep! });
    const fp32 = results.rows('v_trial', { sweep: sweep!, calibration_batches: null });
    expect(fp32.length).toBeGreaterThan(0);
    expect(fp32).toEqual(all.filter((row) => row.calibration_batches === null));
    expect(() => results.rows('v_trial', { alhpa: 1 } as object)).toThrow(
      /Expected a column of v_trial \(sweep, .*"alhpa"/,
    );
    results.close();
  });

  it('answers named queries, and refuses names and parameters that there are not', () => {
    const results = openResults(path());
    expect(results.named('best').length).toBeGreaterThan(0);
    expect(() => results.named('bset')).toThrow('Expected one of the named queries');
    expect(() => results.named('best', { trail: 1 })).toThrow('Expected a parameter of best');
    results.close();
  });

  it('only reads', () => {
    const results = openResults(path());
    expect(() => results.query('DELETE FROM trial')).toThrow('The database is opened for reading only');
    results.close();
  });
});
