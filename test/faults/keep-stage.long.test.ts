import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { queryDatabase, type SqlValue } from '../../src/store/query/query-database.js';
import { Running, quantsweep, temporaryFolder } from '../cli/command-line.js';
import { differences, storedColumns } from '../determinism/stored-rows.js';

const detector = fileURLToPath(new URL('../../experiments/zoo/detector/', import.meta.url));

/** Four sets of layers are tried, one after the other, before the only trial that is left. */
const experiment = `version: 1
name: keep
model: { path: detector/detector.onnx }
data:
  calibration: { format: imageFolder, path: detector/calibration, letterbox: { size: model }, batchSize: 4, batches: 2 }
  evaluation: { format: imageFolder, path: detector/evaluation, letterbox: { size: model }, batchSize: 4, samples: 12 }
  preprocess: { divideBy: 255 }
task: { kind: detection, truth: detector/instances.json, head: { kind: yolov8 }, bootstrap: 20 }
quantization: { activation: { bits: 6 } }
loss: { samples: 4 }
gate: { samples: 2 }
baselines: [fp32]
grid:
  - smoothing.alpha: 0.5
    layers.keepFloat: auto
    layers.keepFloatLoss: 0.03
run: { provider: cpu, slots: 2, threads: 1 }
`;

/** Kills the program as a child is given the third set: every set is a job of this kind. */
const killer = `
if (process.send !== undefined) process.prependListener('message', ({ spilled }) => {
  const { appendFileSync, readFileSync } = require('node:fs');
  const told = process.env.QUANTSWEEP_TEST_TOLD;
  if (spilled?.job.kind !== 'trial') return;
  appendFileSync(told, 'x');
  if (readFileSync(told, 'utf8').length === 3) process.kill(process.ppid, 'SIGKILL');
});
`;

it('goes on with the layers in float that it has tried when the program is killed between them', async () => {
  const folder = temporaryFolder();
  const rows = (name: string, sql: string): readonly (readonly SqlValue[])[] =>
    queryDatabase(join(folder, name, 'quantsweep.db'), sql).rows;
  for (const name of ['calm', 'killed']) {
    mkdirSync(join(folder, name));
    symlinkSync(detector, join(folder, name, 'detector'));
    writeFileSync(join(folder, name, 'keep.yaml'), experiment);
  }
  writeFileSync(join(folder, 'killer.cjs'), killer);
  const calm = await quantsweep(join(folder, 'calm'), 'run', 'keep.yaml');
  expect(calm.code, calm.stdout + calm.stderr).toBe(0);
  const tries = rows('calm', 'SELECT keep, layers, value, loss, chosen FROM v_keep_try ORDER BY position');
  expect(tries.length).toBeGreaterThan(3);

  const env = {
    NODE_OPTIONS: `--require ${join(folder, 'killer.cjs')}`,
    QUANTSWEEP_TEST_TOLD: join(folder, 'told'),
  };
  const killed = new Running(['run', 'keep.yaml'], join(folder, 'killed'), { env });
  const ended = await killed.ended;
  expect([killed.child.signalCode, ended.stderr]).toEqual(['SIGKILL', '']);
  const finished = `SELECT part, count(*) FROM v_attempt WHERE stage_kind = 'keep' AND status = 'done' GROUP BY 1 ORDER BY 1`;
  expect(rows('killed', finished)).toHaveLength(2);
  expect(rows('killed', 'SELECT count(*) FROM v_keep_try')).toEqual([[0]]);

  const again = await quantsweep(join(folder, 'killed'), 'run', 'keep.yaml');
  expect(again.code, again.stdout + again.stderr).toBe(0);
  const [one, other] = ['calm', 'killed'].map((name) => storedColumns(join(folder, name, 'quantsweep.db')));
  expect(differences(one!, other!)).toEqual({});
  // Each set once: those of the killed run were not tried again.
  expect(rows('killed', finished)).toEqual(rows('calm', finished));
  expect(rows('killed', finished).map(([, count]) => count)).toEqual(tries.map(() => 1));
});
