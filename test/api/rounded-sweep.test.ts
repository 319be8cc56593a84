import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadExperiment } from '../../src/api/load-experiment.js';
import { runSweep } from '../../src/api/run-sweep.js';
import { compareOnSamples, contextAt } from '../../src/export/check-exported.js';
import { exportTrial } from '../../src/export/export-trial.js';
import { openQueries } from '../../src/store/query/query-database.js';
import { readTrial } from '../../src/store/read/read-trial.js';
import { demoModel, temporaryFolder } from '../cli/command-line.js';
import { MemoryExecutor } from '../engine/memory-executor.js';

const data = { format: 'synthetic', shape: [8, 48, 48] } as const;

const trialsSql = `SELECT trial, label, weight_rounding, rounding_inputs, weight_calibrator, mean_rel_l1 FROM v_trial
  WHERE role = 'candidate' ORDER BY trial`;

const deployedSql = `SELECT target, samples, max_difference, samples_differing, metric, simulated, deployed
  FROM v_deployment WHERE role = 'candidate' ORDER BY trial`;

it('a trial whose weights are rounded by second moments is exported as it was measured', async () => {
  const folder = temporaryFolder();
  const database = join(folder, 'x.db');
  const experiment = loadExperiment(
    {
      version: 1,
      name: 'rounded',
      model: { path: demoModel },
      data: {
        calibration: { ...data, count: 16, seed: 1, batchSize: 16, batches: 1 },
        evaluation: { ...data, count: 4, seed: 2 },
      },
      task: 'fidelity',
      loss: { samples: 4 },
      gate: { samples: 2 },
      quantization: { weight: { bits: 3 } },
      smoothing: { alpha: 0.5 },
      grid: [
        { 'quantization.weight.rounding': ['nearest', 'gptq', 'gptq-descent'] },
        {
          'quantization.weight.rounding': ['gptq-descent'],
          'quantization.weight.calibrator': ['hessian'],
          'smoothing.apply': ['insert', 'fold'],
        },
      ],
    },
    { database },
  );
  const outcome = await runSweep(experiment, { executor: (request) => new MemoryExecutor(request) });
  expect(outcome.failed).toEqual([]);
  const queries = openQueries(database);
  const rows = queries.query(trialsSql, {}).rows;
  expect(rows.map((row) => row.slice(2, 5))).toEqual([
    ['nearest', null, 'max'],
    ['gptq', 'float', 'max'],
    ['gptq-descent', 'float', 'max'],
    ['gptq-descent', 'float', 'hessian'],
    ['gptq-descent', 'float', 'hessian'],
  ]);
  const [nearest, ...rounded] = rows.map((row) => Number(row.at(-1)));
  for (const loss of rounded) expect(loss).toBeLessThan(nearest!);
  for (const [number] of rows) {
    const trial = readTrial(queries, 'rounded', Number(number));
    const targets = { calibrationTable: null, smoothedModel: null, force: false, floats: null } as const;
    const { exported } = exportTrial(trial, null, { ...targets, output: join(folder, `${String(number)}.onnx`) });
    const context = contextAt('basic');
    const compared = await compareOnSamples(exported, trial.settings, { simulation: context, file: context }, false);
    expect(compared).toMatchObject({ samples: 4 });
    // The file divides by s and quantizes then, so that a level of an input may be the next one;
    // other integers of 3 bits change outputs by some per cent.
    expect((compared as { readonly difference: number }).difference).toBeLessThan(2e-3);
  }
  queries.close();
}, 120_000);

it('a target deploys the integers that were rounded, its scales widened or divided', async () => {
  const database = join(temporaryFolder(), 'x.db');
  const experiment = loadExperiment(
    {
      version: 1,
      name: 'placed',
      model: { path: demoModel },
      target: 'onnxruntime-cpu',
      data: {
        calibration: { ...data, count: 16, seed: 1, batchSize: 16, batches: 1 },
        evaluation: { ...data, count: 4, seed: 2 },
      },
      task: 'fidelity',
      loss: { samples: 2 },
      gate: { samples: 2 },
      quantization: { weight: { rounding: 'gptq-descent', calibrator: 'hessian' } },
      grid: { 'smoothing.alpha': [0.5], 'smoothing.apply': ['insert', 'requantize'] },
    },
    { database },
  );
  const outcome = await runSweep(experiment, { executor: (request) => new MemoryExecutor(request) });
  expect(outcome.failed).toEqual([]);
  const queries = openQueries(database);
  const rows = queries.query(deployedSql, {}).rows;
  expect(rows).toHaveLength(2);
  for (const [target, samples, difference, , , simulated, deployed] of rows) {
    expect([target, samples]).toEqual(['onnxruntime-cpu', 2]);
    expect(Number(difference)).toBeLessThan(2e-3);
    expect(Number(deployed)).toBeCloseTo(Number(simulated), 3);
  }
  queries.close();
}, 120_000);
