import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { demoModel, temporaryFolder } from '../cli/command-line.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const documentation = readFileSync(join(root, 'docs/API.md'), 'utf8');

/** The examples of docs/API.md: the first line of each names its file. */
const examples = [...documentation.matchAll(/^```js\n\/\/ (\S+)\n([\s\S]*?)^```$/gm)].map(([, name, code]) => ({
  name: name!,
  code: code!,
}));

/** An experiment of the user's, as the example that stops one names it. */
const experiment = `
version: 1
model: { path: ${JSON.stringify(demoModel)} }
data:
  calibration: { format: synthetic, shape: [8, 48, 48], seed: 1, count: 8, batchSize: 4, batches: 2 }
  evaluation: { format: synthetic, shape: [8, 48, 48], seed: 2, count: 16 }
task: fidelity
grid: { smoothing.alpha: [0.5] }
`;

it('runs every example of docs/API.md, in order, in a folder of its own', () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(root, join(folder, 'node_modules', 'quantsweep'), 'dir');
  writeFileSync(join(folder, 'my-sweep.yaml'), experiment);
  const printed = new Map(
    examples.map(({ name, code }) => {
      writeFileSync(join(folder, name), code);
      const { status, stdout, stderr } = spawnSync(process.execPath, [name], { cwd: folder, encoding: 'utf8' });
      expect({ name, status, stderr }).toEqual({ name, status: 0, stderr: '' });
      return [name, stdout] as const;
    }),
  );
  expect([...printed.keys()]).toEqual(['sweep.mjs', 'stop.mjs', 'shards.mjs', 'results.mjs', 'ship.mjs', 'errors.mjs']);
  expect(printed.get('sweep.mjs')).toMatch(/^4 trials to run\n[\s\S]*4 run, 0 cached, 0 failed\n$/);
  expect(printed.get('stop.mjs')).toBe('stopped; run it again to continue\n');
  expect(printed.get('shards.mjs')).toBe(
    'shard 1 of 2: 2 of 3 trials run\nshard 2 of 2: 2 of 3 trials run\nmy-sweep: 3 of 3 trials\n',
  );
  expect(printed.get('results.mjs')).toMatch(/^best: static alpha=0\.\d, one of 2\n(.*: relative L1 \d\.\d{3}\n){3}/);
  expect(printed.get('ship.mjs')).toMatch(/^static alpha=0\.\d: 10 layers quantized, 0\.3 MB\n$/);
  expect(printed.get('errors.mjs')).toContain('smoothing.alpha: expected a number from 0 to 1, got 3\n');
  expect(readFileSync(join(folder, 'report.html'), 'utf8')).toContain('Which alpha?');
  expect(readFileSync(join(folder, 'report.html'), 'utf8')).toContain('shipped in 2.1');
});
