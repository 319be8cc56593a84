import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openStore } from '../../src/store/write/sqlite-store.js';
import { machine, experiment, model, plan } from '../store/sample-sweep.js';
import { quantsweep, temporaryFolder } from './command-line.js';

const complete = async (folder: string, ...words: string[]): Promise<readonly string[]> => {
  const { stdout } = await quantsweep(folder, '--get-yargs-completions', 'quantsweep', ...words);
  return stdout.trim().split('\n');
};

describe('quantsweep completion', () => {
  it('prints a script that asks the program itself', async () => {
    const { code, stdout } = await quantsweep(temporaryFolder(), 'completion');
    expect(code).toBe(0);
    expect(stdout).toContain('quantsweep --get-yargs-completions');
  });

  it('offers commands, options, choices and named queries', async () => {
    const folder = temporaryFolder();
    expect(await complete(folder, '')).toEqual(expect.arrayContaining(['run', 'plan', 'report', 'completion']));
    expect(await complete(folder, 'run', '--')).toEqual(expect.arrayContaining(['--set', '--db']));
    expect(await complete(folder, 'query', '--format', '')).toEqual(['table', 'csv', 'json', 'markdown']);
    expect(await complete(folder, 'query', '--name', '')).toContain('worst-layers');
  });

  it('offers the sweeps of the database, and nothing where it is none', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'broken.db'), 'no database');
    expect(await complete(folder, 'report', '--db', 'broken.db', '')).not.toContain(plan.name);
    const store = openStore(join(folder, 'quantsweep.db'));
    store.beginSweep(experiment, plan, [model], machine);
    store.close();
    expect(await complete(folder, 'report', '')).toContain(plan.name);
  });
});
