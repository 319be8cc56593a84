import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { exportModel } from '../../src/api/export-model.js';
import { loadExperiment, type ExperimentObject } from '../../src/api/load-experiment.js';
import { runSweep } from '../../src/api/run-sweep.js';
import type { OpenExecutor } from '../../src/engine/executor.js';
import { queryDatabase } from '../../src/store/query/query-database.js';
import { demoModel, temporaryFolder } from '../cli/command-line.js';
import { MemoryExecutor } from '../engine/memory-executor.js';
import { modelBytes, node, tensor, value } from '../onnx/build-model.js';
import { randomFloats } from '../onnx/pseudo-random.js';

const data = { format: 'synthetic', shape: [8, 48, 48], count: 6 } as const;

const experiment = (name: string, grid: ExperimentObject['grid']): ExperimentObject => ({
  version: 1,
  name,
  model: { path: demoModel },
  data: {
    calibration: { ...data, seed: 1, batchSize: 2, batches: 2 },
    evaluation: { ...data, seed: 2 },
  },
  task: 'fidelity',
  loss: { samples: 3 },
  gate: { samples: 2 },
  grid,
});

const executor: OpenExecutor = (request) => new MemoryExecutor(request);

async function swept(...sweeps: ExperimentObject[]): Promise<(sql: string) => readonly (readonly unknown[])[]> {
  const database = join(temporaryFolder(), 'x.db');
  for (const sweep of sweeps) {
    const { failed } = await runSweep(loadExperiment(sweep, { database }), { executor });
    expect(failed).toEqual([]);
  }
  return (sql) => queryDatabase(database, sql).rows;
}

describe('a sweep over targets', () => {
  it('observes once for all, stores their quantizers, and leaves layers-only as it was', async () => {
    const grid = { target: ['layers-only', 'onnxruntime-cpu', 'tensorrt'], 'smoothing.alpha': [0.5] };
    const rows = await swept(experiment('targets', grid), experiment('alone', { 'smoothing.alpha': [0.5] }));
    expect(rows(`SELECT count(*) FROM v_stage WHERE sweep = 'targets' AND kind = 'observe'`)).toEqual([[1]]);
    // Trials without a target have the keys of a sweep that knows none: nothing ran twice.
    expect(
      rows(`SELECT count(*) FROM v_trial a JOIN v_trial b USING (key) WHERE a.sweep = 'targets' AND b.sweep = 'alone'`),
    ).toEqual([[3]]);
    const tensors = rows(
      `SELECT t.target, count(q.tensor) FROM trial t LEFT JOIN tensor_quantizer q ON q.trial_id = t.id WHERE t.target IS NOT NULL AND t.role = 'candidate' GROUP BY 1 ORDER BY 1`,
    );
    expect(tensors[0]).toEqual(['layers-only', 0]);
    for (const [, count] of tensors.slice(1)) expect(count).toBeGreaterThan(5);
    // A group has one scale and zero point.
    expect(
      rows(
        `SELECT trial_id, "group" FROM tensor_quantizer GROUP BY 1, 2 HAVING count(DISTINCT scale) > 1 OR count(DISTINCT zero_point) > 1`,
      ),
    ).toEqual([]);
    // The input of a layer has the quantizer of its tensor.
    expect(
      rows(`SELECT q.trial_id, l.name FROM quantizer q JOIN layer l ON l.id = q.layer_id
        JOIN tensor_quantizer x ON x.trial_id = q.trial_id AND x.tensor = l.input_tensor
        WHERE q.role = 'input' AND (q.scale <> x.scale OR q.zero_point <> x.zero_point)`),
    ).toEqual([]);
  });

  it('statistics that only a target asked for change no number of layers-only', async () => {
    const alone = await swept(experiment('sweep', { 'smoothing.alpha': [0.5] }));
    const beside = await swept(
      experiment('sweep', { target: ['layers-only', 'onnxruntime-cpu'], 'smoothing.alpha': [0.5] }),
    );
    const sql = `SELECT v.value, l.layer, l.mode, l.l1, l.sqnr_db FROM v_trial v JOIN v_layer_loss l ON l.sweep = v.sweep AND l.trial = v.trial
      JOIN trial t ON t.id = v.trial WHERE v.role = 'candidate' AND t.target = 'layers-only' ORDER BY l.layer, l.mode`;
    expect(alone(sql).length).toBeGreaterThan(5);
    expect(beside(sql)).toEqual(alone(sql));
  });

  it('has sensitivity trials of the layers that a target runs on integers, whose files are exported', async () => {
    const folder = temporaryFolder();
    const [path, database] = [join(folder, 'model.onnx'), join(folder, 'x.db')];
    const weight = (name: string) => tensor(name, [8, 8, 1, 1], randomFloats(name.length, 64));
    const nodes = [
      ...[node('Conv', ['x', 'w'], 'a'), node('ConvTranspose', ['a', 'up'], 'b'), node('Add', ['a', 'b'], 'c')],
      node('Conv', ['c', 'own'], 'y'),
    ];
    const initializers = ['w', 'up', 'own'].map(weight);
    writeFileSync(path, modelBytes({ nodes, inputs: [value('x', ['N', 8, 48, 48])], initializers }));
    const grid = {
      target: ['onnxruntime-cpu'],
      'layers.sensitivity': ['only', 'allBut'],
      'layers.ops': [['Conv', 'ConvTranspose']],
    };
    const { failed } = await runSweep(loadExperiment({ ...experiment('each', grid), model: { path } }, { database }), {
      executor,
    });
    expect(failed).toEqual([]);
    const { rows } = queryDatabase(
      database,
      `SELECT id, sensitivity, focus_layer FROM trial WHERE role = 'sensitivity' ORDER BY 2 DESC, 3`,
    );
    expect(rows.map(([, kind, layer]) => `${String(kind)} ${String(layer)}`)).toEqual([
      ...['only a', 'only y', 'allBut a', 'allBut y'],
    ]);
    for (const [trial] of rows) {
      const output = join(folder, `${String(trial)}.onnx`);
      expect(exportModel(database, { trial: trial as number, output }).layers).toBe(1);
    }
  });

  it.runIf(process.arch === 'x64')('deploys what it simulated, value by value', async () => {
    const rows = await swept(
      experiment('deployed', {
        target: ['onnxruntime-cpu'],
        'smoothing.apply': ['requantize', 'insert'],
        'smoothing.alpha': [0.5],
      }),
    );
    const gaps = rows('SELECT samples, output_values > 0, differing, max_difference FROM deployment_gap');
    expect(gaps).toHaveLength(3);
    for (const gap of gaps) expect(gap).toEqual([3, 1, 0, 0]);
    const [[simulated, deployed] = []] = rows(
      `SELECT a.value, g.value FROM deployment_gap g JOIN trial t ON t.id = g.trial_id JOIN accuracy a ON a.trial_id = t.id AND a.metric = g.metric AND a.slice = ''`,
    );
    expect(deployed).toBe(simulated);
    const integer = rows(`SELECT DISTINCT op FROM deployed_operator WHERE runs = 'integer'`).flat();
    expect(integer).toContain('Conv');
  });
});
