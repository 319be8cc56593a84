import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { searchedAlphasText } from '../../src/report/facts/searched-alphas.js';
import { queryDatabase } from '../../src/store/query/query-database.js';
import { quantsweep, smallExperiment, temporaryFolder, writeExperiment } from '../cli/command-line.js';

const text = 'Alphas were searched with every layer quantized';

/**
 * The small sweep with one setting whose alphas are searched in the given order, and sensitivity of
 * one layer.
 */
function experiment(order: string): string {
  return smallExperiment.replace(
    /grid:[^]*?\nrun/,
    `grid:
  - smoothing.mode: dynamic
    search.order: [${order}]
    layers.sensitivity: [none, only]
    layers.focus: ['stem/conv']
    data.calibration.batches: [4]
run`,
  );
}

describe('46: sensitivity of trials whose alphas are searched', () => {
  it.each([
    ['output', true],
    ['isolated', false],
  ] as const)('of order %s: the page says where the alphas are from: %s', async (order, isSaid) => {
    const folder = temporaryFolder();
    const ran = await quantsweep(folder, 'run', writeExperiment(folder, experiment(order)));
    expect(ran.code, ran.stdout + ran.stderr).toBe(0);
    expect((await quantsweep(folder, 'report', '--output', 'pages')).code).toBe(0);
    const page = readFileSync(join(folder, 'pages/small/index.html'), 'utf8');
    const [[trial], [key]] = [
      queryDatabase(join(folder, 'quantsweep.db'), "SELECT trial FROM v_trial WHERE role = 'sensitivity'").rows[0]!,
      queryDatabase(
        join(folder, 'quantsweep.db'),
        'SELECT count(DISTINCT search_stage_id) FROM trial WHERE search_stage_id IS NOT NULL',
      ).rows[0]!,
    ];
    // One search for the whole and for the trial of one layer.
    expect(key).toBe(1);
    const own = readFileSync(join(folder, `pages/small/trial-${Number(trial)}.html`), 'utf8');
    expect(page.includes(text)).toBe(isSaid);
    expect(own.includes(text)).toBe(isSaid);
  });

  it('says nothing of fixed alphas', () => {
    expect(searchedAlphasText(null)).toBe('');
    expect(searchedAlphasText('sequential')).toContain(text);
  });
});
