import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { queryDatabase } from '../../src/store/query/query-database.js';
import { quantsweep, smallExperiment, temporaryFolder, writeExperiment } from './command-line.js';

const rows = (folder: string, sql: string) => queryDatabase(join(folder, 'quantsweep.db'), sql).rows;
const withGrid = (grid: string): string => smallExperiment.replace(/grid:[^]*(?=run:)/, `grid:\n${grid}`);

describe('searches of alpha', () => {
  it('run in every order, share one search between insert and fold, and are told apart', async () => {
    const folder = temporaryFolder();
    const path = writeExperiment(
      folder,
      withGrid(`  - smoothing.alpha: auto
    smoothing.apply: [insert, fold]
  - smoothing.mode: dynamic
    search.order: [isolated, sequential]
    search.objective: [l1, mse, channelMse]
  - smoothing.mode: dynamic
    search.order: output
    search.sweeps: 2
`),
    );
    const plan = await quantsweep(folder, 'plan', path);
    expect(plan.stdout).toContain("one alpha, by the output's divergence: 3 alphas on 4 samples");
    expect(plan.stdout).toContain('for 2 trials');
    expect(plan.stdout).toContain('sequential, by channelMse: 3 alphas on 4 samples');
    expect(plan.stdout).toContain("descent by the output's divergence, 2 sweeps: 3 alphas on 4 samples");

    const { code, stderr } = await quantsweep(folder, 'run', path);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    const searches = rows(
      folder,
      `SELECT DISTINCT search_order, search_objective FROM v_trial WHERE alpha_mode = 'dynamic' ORDER BY 1, 2`,
    );
    expect(searches).toHaveLength(7);

    // The one alpha is the best of its curve, which the descent starts from as well.
    const [auto] = rows(
      folder,
      `SELECT min(t.alpha), max(t.alpha), min(s.alpha), max(s.alpha), count(DISTINCT t.id)
       FROM trial t JOIN smoothing s ON s.trial_id = t.id WHERE t.alpha_mode = 'auto'`,
    );
    const best = rows(
      folder,
      `SELECT alpha FROM v_alpha_curve WHERE label LIKE 'static%' GROUP BY alpha ORDER BY min(divergence) LIMIT 1`,
    )[0]![0];
    expect(auto).toEqual([best, best, best, best, 2]);
    expect(rows(folder, 'SELECT count(DISTINCT trial), sum(chosen) FROM v_alpha_curve')).toEqual([[3, 3]]);

    // Every layer of every search has one choice a sweep, and the trial uses the last.
    const unused = rows(
      folder,
      `SELECT c.label, c.layer FROM (
         SELECT *, max(descent_sweep) OVER (PARTITION BY trial) AS last_sweep FROM v_search_curve) c
       JOIN layer l ON l.name = c.layer JOIN smoothing s ON s.trial_id = c.trial AND s.layer_id = l.id
       WHERE c.chosen = 1 AND c.descent_sweep = c.last_sweep AND s.alpha <> c.alpha`,
    );
    expect(unused).toEqual([]);
    const choices = rows(
      folder,
      'SELECT DISTINCT sum(chosen) FROM v_search_curve GROUP BY trial, layer, descent_sweep',
    );
    expect(choices).toEqual([[1]]);

    const report = await quantsweep(folder, 'report', 'small');
    expect(report.code).toBe(0);
  }, 60_000);
});
