import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { largeGrid } from '../../bench/synthetic-experiment.js';
import { writeSynthetic } from '../../bench/write-synthetic.js';
import { readMigrations } from '../../src/store/schema/migrations.js';
import { openDatabase } from '../../src/store/file/open-database.js';
import { summarizeAllTrials } from './summarize-all-trials.js';

/** The view as a migration created it, under another name. */
function earlier(migration: number, view: string): string {
  const sql = readMigrations()[migration - 1]!.sql;
  const statement = new RegExp(`CREATE VIEW ${view} AS[^;]*;`).exec(sql)![0];
  return statement.replace(view, `earlier_${view}`);
}

/** Numbers at twelve digits: a sum in another order ends in others. */
function rounded(rows: unknown): unknown {
  return JSON.parse(
    JSON.stringify(rows, (_, value: unknown) => (typeof value === 'number' ? Number(value.toPrecision(12)) : value)),
  ) as unknown;
}

describe('views that 0006, 0007 and 0010 made faster', () => {
  const folder = mkdtempSync(join(tmpdir(), 'quantsweep-views-'));
  const path = join(folder, 'sweeps.db');
  beforeAll(() => {
    const small = { ...largeGrid, alphas: 3, layers: 6, channels: 4, evaluationSamples: 400, integer: false };
    writeSynthetic(path, { ...small, name: 'one' });
    writeSynthetic(path, { ...small, name: 'two', keepFloat: [0, 1, 2], absmax: ['channel'], seeds: [3, 4] });
    const database = openDatabase(path);
    // Ties and what is dominated by few: accuracies of ten steps; a seed that quantizes other
    // layers than its siblings. Losses that some layers, or all, don't have.
    database.exec(`UPDATE accuracy SET value = round(value, 1) WHERE trial_id % 3 > 0;
      DELETE FROM quantizer WHERE trial_id % 7 = 0 AND layer_id % 3 = 0;
      UPDATE layer_loss SET rel_l1 = NULL WHERE layer_id % 2 = 0;
      UPDATE layer_loss SET sqnr_db = NULL, cosine = NULL WHERE trial_id % 4 = 0;
      DELETE FROM layer_loss WHERE mode = 'isolated' AND trial_id % 5 = 0;
      DELETE FROM layer_loss WHERE trial_id % 11 = 0`);
    summarizeAllTrials(database);
    database.exec(earlier(2, 'v_trial'));
    for (const view of ['v_pareto', 'v_calibration_noise', 'v_sensitivity', 'v_proxy_fidelity']) {
      database.exec(earlier(4, view));
    }
    database.close();
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it.each([
    ['v_trial', 'sweep, trial'],
    ['v_pareto', 'sweep, trial'],
    ['v_calibration_noise', 'sweep, first_trial, position, seeds'],
    ['v_sensitivity', 'sweep, setting, position'],
    ['v_proxy_fidelity', 'sweep, evaluation, mode, loss'],
  ])('%s has the rows that it had before', (view, order) => {
    const database = openDatabase(path);
    const columns = database.prepare(`SELECT * FROM earlier_${view}`).columns();
    // Those that it had: others may have been added.
    const names = columns.map(({ name }) => name).join(', ');
    const rows = (name: string): unknown[] => database.prepare(`SELECT ${names} FROM ${name} ORDER BY ${order}`).all();
    const before = rows(`earlier_${view}`);
    expect(before.length).toBeGreaterThan(10);
    expect(rounded(rows(view))).toEqual(rounded(before));
    const ofTwo = database.prepare(`SELECT ${names} FROM ${view} WHERE sweep = 'two' ORDER BY ${order}`).all();
    expect(rounded(ofTwo)).toEqual(rounded(before.filter((row) => (row as { sweep: string }).sweep === 'two')));
    database.close();
  });
});
