import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { demoModel, quantsweep, temporaryFolder } from './command-line.js';

it('refuses a database of another class of machine with exit code 2, and mixes and marks on request', async () => {
  const folder = temporaryFolder();
  const data = 'format: synthetic, shape: [8, 48, 48], count: 4';
  const write = (name: string, alphas: string): void => {
    writeFileSync(
      join(folder, name),
      `version: 1
name: small
model: { path: ${JSON.stringify(demoModel)} }
data: { calibration: { ${data}, seed: 1, batchSize: 2, batches: 1 }, evaluation: { ${data}, seed: 2 } }
task: fidelity
loss: { samples: 2 }
gate: { samples: 2 }
grid: { smoothing.alpha: [${alphas}] }
run: { provider: cpu, slots: 1, threads: 1, database: ./x.db }
`,
    );
  };
  write('x.yaml', '0.5');
  write('more.yaml', '0.5, 0.6');
  expect(await quantsweep(folder, 'run', 'x.yaml')).toMatchObject({ code: 0, stderr: '' });
  const database = new Database(join(folder, 'x.db'));
  for (const table of ['attempt', 'stage', 'trial'])
    database.exec(`UPDATE ${table} SET numerics_class = 'cpu-000000000000'`);
  database.close();
  for (const command of ['run', 'plan']) {
    const { code, stderr } = await quantsweep(folder, command, 'more.yaml');
    expect(code).toBe(2);
    expect(stderr).toMatch(/^small: expected .* cpu-000000000000\. .*--mix-classes/);
    expect(stderr).not.toContain('    at ');
  }
  expect(await quantsweep(folder, 'plan', 'more.yaml', '--mix-classes')).toMatchObject({ code: 0, stderr: '' });
  const mixed = await quantsweep(folder, 'run', 'more.yaml', '--mix-classes');
  expect(mixed).toMatchObject({ code: 0, stderr: '' });
  expect(mixed.stdout).toMatch(/WARNING: This sweep is not comparable bit for bit: .* of cpu-000000000000, 1 trial of/);
  const status = await quantsweep(folder, 'status', '--db', 'x.db');
  expect(status.stdout).toContain('WARNING: This sweep is not comparable bit for bit');
});
