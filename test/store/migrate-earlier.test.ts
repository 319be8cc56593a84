import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readMigrations } from '../../src/store/schema/migrations.js';
import { openDatabase } from '../../src/store/file/open-database.js';
import { temporaryDatabase } from './sample-sweep.js';

/**
 * A database as the first schema left it: a sweep with an fp32, an unsmoothed, a static and a
 * dynamic trial.
 */
function firstSchema(): string {
  const path = temporaryDatabase();
  const database = openDatabase(path, { migrations: readMigrations().slice(0, 1) });
  database.exec(`
    INSERT INTO model VALUES (1, 'sha', 'm.onnx', 'm.onnx', 1, 13, 1);
    INSERT INTO layer VALUES (1, 1, 0, 'conv', 'Conv', 'x', 'y', '[2,3,1,1]', 1, 3, 2, NULL, NULL);
    INSERT INTO stage (id, key, kind, status, settings) VALUES (1, 'observe', 'observe', 'done', '{}'), (2, 'search', 'search', 'done', '{}');
    INSERT INTO observation VALUES (1, 1, 200, 800, x'00');
    INSERT INTO amax_snapshot VALUES (1, 1, 7.5);
    INSERT INTO sweep (id, name, key, experiment_path, experiment_yaml, axes, created_at, updated_at) VALUES (1, 's', 'k', 'p', '', '[]', '', '');`);
  const trial = database.prepare(
    `INSERT INTO trial (id, key, role, status, model_id, observation_id, search_stage_id, fp32_key, unsmoothed_key, settings, alpha_mode, alpha, primary_metric)
     VALUES (?, ?, ?, 'done', 1, ?, ?, 'fp32', ?, '{}', ?, ?, 'top1')`,
  );
  trial.run(1, 'fp32', 'fp32', null, null, null, 'none', null);
  trial.run(2, 'none', 'unsmoothed', 1, null, 'none', 'none', null);
  trial.run(3, 'static', 'candidate', 1, null, 'none', 'static', 0.5);
  trial.run(4, 'dynamic', 'candidate', 1, 2, 'none', 'dynamic', null);
  database.exec(`
    INSERT INTO sweep_trial SELECT 1, id, id, key, '{}' FROM trial;
    INSERT INTO sweep_stage VALUES (1, 1), (1, 2);
    INSERT INTO accuracy (trial_id, metric, value) SELECT id, 'top1', 0.9 - id / 100.0 FROM trial;
    INSERT INTO layer_loss VALUES (3, 1, 'accumulated', 0.25, 0.5, 0.125, 20, 0.9, 1);
    INSERT INTO quantizer (trial_id, layer_id, role, granularity, bits, signed, amax, amax_unsmoothed, scale, zero_point) VALUES (3, 1, 'input', 'tensor', 8, 1, 2.54, 7.5, 0.02, 0);
    INSERT INTO smoothing VALUES (3, 1, 0.5, 'insert', NULL, 1, 3, 2, 0, '[1,2,3]');
    INSERT INTO search_curve VALUES (2, 1, 0.5, 0.01, 0.02, 1);
    INSERT INTO attempt (id, trial_id, number, status, started_at, host, parent_pid, device) VALUES (1, 3, 1, 'done', '', 'h', 1, 'cpu:0');
    INSERT INTO comparison VALUES (1, 3, 'fp32', 1, 'top1', -0.02, 'mcnemar', 0.5, NULL, NULL, 1, 2, 0);`);
  database.close();
  return path;
}

describe('a database of the first schema', () => {
  it('keeps every row, whole and readable by today’s views, and a copy of itself', () => {
    const path = firstSchema();
    const database = openDatabase(path);
    const rows = (sql: string): unknown[] => database.prepare(sql).raw().all();
    expect(rows('PRAGMA integrity_check')).toEqual([['ok']]);
    expect(rows('PRAGMA foreign_key_check')).toEqual([]);
    expect(rows('PRAGMA user_version')).toEqual([[readMigrations().length]]);
    expect(existsSync(`${path}.v1.bak`)).toBe(true);
    expect(
      rows(`SELECT trial, role, alpha_mode, alpha, round(value, 4), smoothing_apply, search_order, activation_scheme, execution, keep_float
            FROM v_trial WHERE sweep = 's' ORDER BY trial`),
    ).toEqual([
      [1, 'fp32', 'none', null, 0.89, null, null, null, null, null],
      [2, 'unsmoothed', 'none', null, 0.88, null, null, 'signed', 'simulated', 0],
      [3, 'candidate', 'static', 0.5, 0.87, 'insert', null, 'signed', 'simulated', 0],
      [4, 'candidate', 'dynamic', null, 0.86, 'insert', 'isolated', 'signed', 'simulated', 0],
    ]);
    expect(rows(`SELECT layer, l1, mode FROM v_layer_loss WHERE trial = 3`)).toEqual([['conv', 0.25, 'accumulated']]);
    expect(rows(`SELECT amax, low, narrow_range FROM v_amax WHERE trial = 3`)).toEqual([[2.54, -2.54, 0]]);
    expect(rows(`SELECT alpha, loss, chosen, descent_sweep FROM v_search_curve WHERE trial = 4`)).toEqual([
      [0.5, 0.01, 1, 0],
    ]);
    expect(rows(`SELECT batches, amax FROM v_amax_convergence`)).toEqual([[200, 7.5]]);
    expect(rows(`SELECT against, difference FROM v_comparison WHERE trial = 3`)).toEqual([['fp32', -0.02]]);
    expect(rows(`SELECT attempt, status FROM v_attempt WHERE trial = 3`)).toEqual([[1, 'done']]);
    database.close();
  });
});
