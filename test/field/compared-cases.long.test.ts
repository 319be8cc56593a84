import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

import { quantsweep, temporaryFolder } from '../cli/command-line.js';

const cases = fileURLToPath(new URL('../../../shared/cases/pairs/', import.meta.url));
const isThere = existsSync(cases);
if (!isThere) console.log('skipped: sweeps of the kept cases, which are not beside the project');

async function run(name: string, folder: string, ...overrides: string[]): Promise<void> {
  const sets = [`run.database=${join(folder, `${name}.db`)}`, ...overrides].flatMap((set) => ['--set', set]);
  const ran = await quantsweep(folder, 'run', join(cases, `${name}.yaml`), ...sets);
  expect(ran.code, ran.stderr).toBe(0);
}

/** Runs a kept case and returns the rows of a query on it. */
async function rowsOf(name: string, folder: string, ...query: string[]): Promise<readonly Record<string, unknown>[]> {
  const database = join(folder, `${name}.db`);
  if (!existsSync(database)) await run(name, folder);
  const { stdout } = await quantsweep(folder, 'query', ...query, '--db', database, '--format', 'json');
  return JSON.parse(stdout) as Record<string, unknown>[];
}

describe.skipIf(!isThere)('43 and 44: the kept cases', { timeout: 300_000 }, () => {
  it('pairs calibration sizes of equal candidates only: four rows', async () => {
    const folder = temporaryFolder();
    const rows = await rowsOf('cands', folder, '--name', 'calibration-size');
    expect(rows).toHaveLength(4);
    const candidates = (label: unknown): unknown => /candidates=\[[^\]]+\], absmax=\w+/.exec(String(label))?.[0];
    for (const row of rows) expect(candidates(row['small_label'])).toBe(candidates(row['large_label']));
    expect(await rowsOf('cands', folder, '--name', 'absmax-method')).toHaveLength(4);
  });

  it('counts the layers of each pass by itself: six', async () => {
    const rows = await rowsOf('seeds', temporaryFolder(), '--name', 'amax-convergence');
    expect(new Set(rows.map((row) => row['layers']))).toEqual(new Set([6]));
    expect(new Set(rows.map((row) => row['calibration_seed']))).toEqual(new Set([1, 2, 3]));
  });

  it('compares the losses of the layers that both trials quantize', async () => {
    const folder = temporaryFolder();
    // The case also leaves out "conv1", which the model does not have: an error by now.
    await run('exclude', folder, 'layers.exclude=[[], [c1]]');
    const trials = await rowsOf('exclude', folder, "SELECT trial, label FROM v_trial WHERE role = 'candidate'");
    const numberOf = (layer: string): string =>
      String(trials.find(({ label }) => String(label).includes(`exclude=[${layer}]`))?.['trial']);
    const pair = [numberOf(''), numberOf('c1')];
    const report = ['report', 'exclude', '--db', join(folder, 'exclude.db'), '-o', join(folder, 'report')];
    const { code, stderr } = await quantsweep(folder, ...report, '--compare', ...pair);
    expect(code, stderr).toBe(0);
    const page = readFileSync(join(folder, 'report', 'exclude', `compare-${pair.join('-')}.html`), 'utf8');
    expect(page).toMatch(/Mean L1 of the 3 layers that both quantize/);
  });
});
