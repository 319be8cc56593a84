import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadExperiment } from '../../src/api/load-experiment.js';
import { runSweep } from '../../src/api/run-sweep.js';
import type { OpenExecutor } from '../../src/engine/executor.js';
import { runJob } from '../../src/engine/jobs/run-job.js';
import { queryDatabase, type SqlValue } from '../../src/store/query/query-database.js';
import type { ClassificationState } from '../../src/tasks/classification/classification-state.js';
import { temporaryFolder } from '../cli/command-line.js';
import { MemoryExecutor } from '../engine/memory-executor.js';
import { asStored, jobModel, oneThread, smallNetwork } from '../engine/small-experiment.js';
import { npyArray } from '../formats/write-files.js';
import { modelBytes } from '../onnx/build-model.js';
import { randomFloats } from '../onnx/pseudo-random.js';

const COUNT = 400;

/** A classifier whose labels are what FP32 says, so that few bits lose much. */
async function classification(folder: string): Promise<(database: string) => ReturnType<typeof loadExperiment>> {
  const write = (name: string, content: Uint8Array): string => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  const model = write('model.onnx', modelBytes(smallNetwork('N')));
  const path = write('samples.npy', npyArray('<f4', [COUNT, 3, 6, 6], randomFloats(11, COUNT * 108)));
  const { value } = await runJob(
    {
      kind: 'reference',
      model: jobModel(model),
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
  const labels = write('labels.npy', npyArray('<i4', [COUNT], (value as ClassificationState).argmax));
  return (database) =>
    loadExperiment(
      {
        version: 1,
        name: 'small',
        goal: { maxDrop: 2, minimize: 'size', bits: [2, 3, 4, 6, 8] },
        model: { path: model },
        data: {
          calibration: { format: 'npy', path, batches: 8 },
          evaluation: { format: 'npy', path, labels },
        },
        task: 'classification',
        loss: { samples: 8 },
        gate: { samples: 2 },
        grid: { 'smoothing.alpha': [0.5] },
      },
      { database },
    );
}

const columns =
  'kind, position, cost, predicted, value, loss, loss_low, loss_high, divergence, chosen, bracketed, bits, evaluated_samples, stopped';
const pointsOf = (database: string): readonly (readonly SqlValue[])[] =>
  queryDatabase(database, `SELECT ${columns} FROM v_frontier ORDER BY kind, position`).rows;

/** Aborts once the so many-th trial is given. */
function until(trials: number, controller: AbortController): OpenExecutor {
  let given = 0;
  return (request) => {
    const executor = new MemoryExecutor(request);
    const run = executor.run.bind(executor);
    executor.run = (work, on, signal) => {
      if (work.job.kind === 'trial' && ++given === trials) controller.abort();
      return run(work, on, signal);
    };
    return executor;
  };
}

describe('evaluations of a frontier', () => {
  it('stop once they break the bound, and go on after any interruption with what they have', async () => {
    const folder = temporaryFolder();
    const experimentOf = await classification(folder);
    const whole = join(folder, 'whole.db');
    const outcome = await runSweep(experimentOf(whole), { executor: (request) => new MemoryExecutor(request) });
    expect(outcome.failed).toEqual([]);
    const points = pointsOf(whole);
    const tried = points.filter(([kind]) => kind === 'tried');
    const stopped = tried.filter((row) => row[13] !== null);
    expect(stopped.length).toBeGreaterThan(0);
    for (const row of stopped) {
      // No accuracy, no interval, not chosen, fewer samples.
      expect(row.slice(4, 8)).toEqual([null, null, null, null]);
      expect(row[9]).toBe(0);
      expect(row[12]).toBeLessThan(COUNT);
    }
    const complete = tried.filter((row) => row[13] === null);
    expect(complete.every((row) => row[12] === COUNT && row[4] !== null)).toBe(true);
    expect(complete.filter((row) => row[9] === 1)).toHaveLength(1);

    for (const trials of [1, 3, tried.length]) {
      const database = join(folder, `${trials}.db`);
      const controller = new AbortController();
      const first = await runSweep(experimentOf(database), {
        executor: until(trials, controller),
        signal: controller.signal,
      });
      expect(first.interrupted).toBe(true);
      await runSweep(experimentOf(database), { executor: (request) => new MemoryExecutor(request) });
      expect(pointsOf(database)).toEqual(points);
    }
  }, 180_000);
});
