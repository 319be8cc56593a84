import { describe, expect, it } from 'vitest';
import { smoothingMethods } from '../../src/report/figures/sweep/smoothing-methods.js';
import { toRows } from '../../src/report/query.js';
import { buildFigure, sampleSweep } from './build-figure.js';

const build = (change: string) => buildFigure(smoothingMethods, change);

describe('the figure of smoothing methods', () => {
  it('is left out where one search and static alphas are all there is, and names the settings that bring more', () => {
    const { content } = build('');
    expect(content).toMatchObject({ kind: 'absent', note: expect.stringContaining('smoothing.mode: cle') as string });
  });

  it('has the best trial of each method, with and without bias correction', () => {
    const { database, rows, content } = build(`
      UPDATE trial SET alpha_mode = 'cle', alpha = NULL WHERE alpha_mode = 'static' AND alpha = 0.05;
      UPDATE trial SET bias_correction = 'empirical' WHERE alpha_mode = 'static' AND alpha > 0.5;
      UPDATE trial SET search_order = 'output' WHERE alpha_mode = 'dynamic' AND calibration_batches = 200;`);
    const found = rows.map((row) => `${String(row['method'])}, ${String(row['bias_correction'])}`).sort();
    expect(found).toEqual([
      'cross-layer equalization, none',
      'dynamic, isolated, l1, none',
      'dynamic, output, none',
      'static alpha, the best, empirical',
      'static alpha, the best, none',
      'unsmoothed, none',
    ]);
    const best = Math.max(
      ...rows.filter((row) => row['bias_correction'] === 'empirical').map((r) => Number(r['value'])),
    );
    const all = database.query(
      `SELECT max(value) FROM v_trial WHERE bias_correction = 'empirical' AND sweep = '${sampleSweep}'`,
      [],
    );
    expect(best).toBe(toRows(all)[0]!['max(value)']);
    expect(content.kind).toBe('charts');
  });
});
