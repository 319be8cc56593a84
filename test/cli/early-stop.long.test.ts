import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ClassificationState } from '../../src/tasks/classification/classification-state.js';
import { runJob } from '../../src/engine/jobs/run-job.js';
import { queryDatabase } from '../../src/store/query/query-database.js';
import { npyArray } from '../formats/write-files.js';
import { modelBytes } from '../onnx/build-model.js';
import { randomFloats } from '../onnx/pseudo-random.js';
import { asStored, jobModel, oneThread, smallNetwork } from '../engine/small-experiment.js';
import { quantsweep, smallExperiment, temporaryFolder, writeExperiment } from './command-line.js';

const COUNT = 300;

/**
 * A classifier with samples of which FP32 gets two of three right, and a sweep over bits and alphas
 * of which 2 bits are bad.
 */
async function classification(): Promise<string> {
  const folder = temporaryFolder();
  const write = (name: string, content: Uint8Array): string => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  const model = jobModel(write('model.onnx', modelBytes(smallNetwork('N'))));
  const samples = npyArray('<f4', [COUNT, 3, 6, 6], randomFloats(11, COUNT * 108));
  const path = write('samples.npy', samples);
  const { value } = await runJob(
    {
      kind: 'reference',
      model,
      preprocess: asStored,
      evaluation: { source: { format: 'npy', path, labels: null, groundTruth: null }, batchSize: 16, samples: 'all' },
      task: { kind: 'classification' },
      first: 0,
      count: COUNT,
      samples: COUNT,
    },
    oneThread,
    () => undefined,
  );
  const { argmax } = value as ClassificationState;
  const labels = argmax.map((label, sample) => (label + (sample % 3 === 0 ? 1 : 0)) % 10);
  write('labels.npy', npyArray('<i4', [COUNT], labels));
  return writeExperiment(
    folder,
    `name: small
model: { path: model.onnx }
data:
  calibration: { format: npy, path: samples.npy, batches: 4 }
  evaluation: { format: npy, path: samples.npy, labels: labels.npy }
task: classification
loss: { samples: 8, modes: [accumulated] }
gate: { samples: 2 }
grid:
  - quantization.weight.bits: [8, 2]
    smoothing.alpha: [0.3, 0.5, 0.7]
run: { provider: cpu, slots: 1, threads: 1 }
`,
  );
}

const stopping = ['--set', 'data.evaluation.stop.confidence=0.999'];

describe('quantsweep run with data.evaluation.stop', () => {
  it('stops what is certainly not the best, says so everywhere, and runs none of it again', async () => {
    const experiment = await classification();
    const folder = join(experiment, '..');
    const rows = (sql: string) => queryDatabase(join(folder, 'quantsweep.db'), sql).rows;
    const first = await quantsweep(folder, 'run', experiment, ...stopping);
    expect(first.stderr).toBe('');
    expect(first.code).toBe(0);
    const [[stopped]] = rows("SELECT stopped FROM v_sweep WHERE sweep = 'small'") as [[number]];
    expect(stopped).toBe(3);
    expect(rows("SELECT DISTINCT weight_bits FROM v_trial WHERE status = 'stopped'")).toEqual([[2]]);
    expect(first.stdout).toContain('(3 of them stopped early because certainly not the best), 0 cached');
    expect(first.stdout).toMatch(
      /static alpha=0\.3, weight\.bits=2: stopped after \d+ of 300 samples, \d+ right, the best has/,
    );
    const attempts = rows('SELECT count(*) FROM attempt');

    const again = await quantsweep(folder, 'run', experiment, ...stopping);
    expect(again.code).toBe(0);
    expect(again.stdout).toContain('0 trials run, 9 cached, 0 failed.');
    expect(rows('SELECT count(*) FROM attempt')).toEqual(attempts);

    const status = await quantsweep(folder, 'status');
    expect(status.stdout).toContain('9 trials, 6 done, 3 stopped early, 0 failed, 0 to run');
    expect(status.stdout).toMatch(/best so far: [^\n]*weight\.bits=8/);
    const show = await quantsweep(folder, 'show', 'static alpha=0.5, weight.bits=2');
    expect(show.stdout).toContain('stopped early: certainly not the best');
    expect(show.stdout).not.toContain('accuracy (trials are ranked by');
    const exported = await quantsweep(folder, 'export', 'static alpha=0.5, weight.bits=2', '-o', 'x.onnx');
    expect(exported.code).toBe(2);
    expect(exported.stderr).toContain('was stopped early because certainly not the best');
    const report = await quantsweep(folder, 'report', 'small', '-o', 'small.html');
    expect(report.stderr).toBe('');
    expect(report.code).toBe(0);

    // Without it the candidates are other trials; baselines are shared, and the complete ones have
    // the same outcomes.
    const without = await quantsweep(folder, 'run', experiment, '--set', 'name=whole');
    expect(without.stdout).toContain('6 trials run, 3 cached, 0 failed.');
    expect(
      rows(`SELECT t.label, o.metric, hex(o.data), a.value FROM v_trial t JOIN sample_outcome o ON o.trial_id = t.trial
            JOIN v_accuracy a ON a.sweep = t.sweep AND a.trial = t.trial AND a.metric = o.metric
            WHERE t.sweep = 'small' AND t.role = 'candidate' ORDER BY 1, 2`),
    ).toEqual(
      rows(`SELECT t.label, o.metric, hex(o.data), a.value FROM v_trial t JOIN sample_outcome o ON o.trial_id = t.trial
            JOIN v_accuracy a ON a.sweep = t.sweep AND a.trial = t.trial AND a.metric = o.metric
            WHERE t.sweep = 'whole' AND t.role = 'candidate' AND t.weight_bits = 8 ORDER BY 1, 2`),
    );
    expect(
      rows(`SELECT max(value) FROM v_trial WHERE sweep = 'whole' AND weight_bits = 2 AND role = 'candidate'
            UNION ALL SELECT max(value) FROM v_trial WHERE sweep = 'whole' AND weight_bits = 8 AND role = 'candidate'`),
    ).toEqual([
      [expect.any(Number)],
      ...rows("SELECT max(value) FROM v_trial WHERE sweep = 'small' AND role = 'candidate'"),
    ]);
  });

  it('holds trials against what an earlier run completed', async () => {
    const experiment = await classification();
    const folder = join(experiment, '..');
    const good = await quantsweep(folder, 'run', experiment, ...stopping, '--set', 'quantization.weight.bits=8');
    expect(good.stdout).toContain('5 trials run, 0 cached');
    // The bad ones come first now: without the earlier run the first of them would have nothing to
    // be held against.
    const rest = await quantsweep(folder, 'run', experiment, ...stopping, '--set', 'quantization.weight.bits=[2, 8]');
    expect(rest.stdout).toContain('4 trials run (3 of them stopped early because certainly not the best), 5 cached');
  });

  it('is refused with exit code 2 beside a task whose samples are not right or wrong', async () => {
    const folder = temporaryFolder();
    for (const command of ['plan', 'run']) {
      const { code, stderr } = await quantsweep(folder, command, writeExperiment(folder, smallExperiment), ...stopping);
      expect(code).toBe(2);
      expect(stderr).toContain('data.evaluation.stop.confidence: expected null beside task centerDetection');
    }
  });

  it('in shards stops by the best of the shard, and what is complete equals the whole sweep', async () => {
    const experiment = await classification();
    const folder = join(experiment, '..');
    const run = async (...more: readonly string[]): Promise<void> => {
      const { code, stderr } = await quantsweep(folder, ...more);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    };
    await run('run', experiment, ...stopping, '--db', 'whole.db');
    for (const index of [1, 2]) {
      await run('run', experiment, ...stopping, '--shard', `${index}/2`, '--db', `shard${index}.db`);
    }
    await run('merge', 'shard1.db', 'shard2.db', '--into', 'all.db');
    const rows = (database: string, sql: string) => queryDatabase(join(folder, database), sql).rows;
    expect(rows('all.db', 'SELECT done + stopped, pending, failed FROM v_sweep')).toEqual([[9, 0, 0]]);
    const best = 'SELECT label, value FROM v_place WHERE place = 1';
    expect(rows('all.db', best)).toEqual(rows('whole.db', best));
    const complete = `SELECT key, value, mean_l1, output_divergence FROM v_trial WHERE status = 'done' ORDER BY key`;
    const whole = new Map(rows('whole.db', complete).map(([key, ...values]) => [key, values]));
    for (const [key, ...values] of rows('all.db', complete)) {
      if (whole.has(key)) expect(values).toEqual(whole.get(key));
    }
    expect(rows('all.db', 'SELECT count(*) FROM v_stopped WHERE against_label IS NULL')).toEqual([[0]]);
  });
});
