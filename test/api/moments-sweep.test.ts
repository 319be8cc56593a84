import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadExperiment, type ExperimentObject } from '../../src/api/load-experiment.js';
import { planSweep } from '../../src/api/plan-sweep.js';
import { runSweep, type RunEvent } from '../../src/api/run-sweep.js';
import type { OpenExecutor } from '../../src/engine/executor.js';
import type { Job } from '../../src/engine/jobs/jobs.js';
import { queryDatabase, type SqlValue } from '../../src/store/query/query-database.js';
import { demoModel, temporaryFolder } from '../cli/command-line.js';
import { MemoryExecutor } from '../engine/memory-executor.js';

const data = { format: 'synthetic', shape: [8, 48, 48], count: 80 } as const;

function source(grid: Readonly<Record<string, unknown>>): ExperimentObject {
  return {
    version: 1,
    name: 'small',
    model: { path: demoModel },
    data: {
      calibration: { ...data, seed: 1, batchSize: 40, batches: 2 },
      evaluation: { ...data, count: 4, seed: 2 },
    },
    task: 'fidelity',
    loss: { samples: 2 },
    gate: { samples: 2 },
    grid: { 'smoothing.alpha': [0.5], ...grid },
  };
}

/** Remembers the jobs that it runs. */
function watching(jobs: Job[]): OpenExecutor {
  return (request) => {
    const executor = new MemoryExecutor(request);
    const run = executor.run.bind(executor);
    executor.run = (work, on, signal) => {
      jobs.push(work.job);
      return run(work, on, signal);
    };
    return executor;
  };
}

const momentsSql = `SELECT m.samples, l.name, m.products, m.means, m.non_zero_shares
  FROM moments m JOIN layer l ON l.id = m.layer_id ORDER BY m.samples, l.position`;

it('a sweep gathers second moments once, gives them to the trials that read them, and finds them again', async () => {
  const database = join(temporaryFolder(), 'x.db');
  const rounded = { 'quantization.weight.rounding': ['nearest', 'gptq'], 'quantization.weight.bits': 4 };
  const experiment = loadExperiment(source(rounded), { database });
  const plan = await planSweep(experiment);
  expect(plan.stages.map(({ kind, description }) => `${kind}: ${description}`)).toContainEqual(
    'moments: second moments of the inputs of Conv over 80 calibration samples',
  );
  expect(plan.notes.filter((note) => note.startsWith('Second moments of'))).toHaveLength(1);
  const jobs: Job[] = [];
  const outcome = await runSweep(experiment, { executor: watching(jobs) });
  expect(outcome.failed).toEqual([]);
  const parts = jobs.filter((job) => job.kind === 'moments');
  expect(parts.map(({ first, end }) => [first, end])).toEqual([
    [0, 64],
    [64, 80],
  ]);
  const read = jobs
    .filter((job) => job.kind === 'trial')
    .map(({ settings, moments }) => [settings.quantization!.weight.rounding, moments?.samples]);
  expect(read).toEqual(
    expect.arrayContaining([
      ['gptq', 80],
      [undefined, undefined],
    ]),
  );

  const further: Job[] = [];
  const wider = { ...rounded, 'quantization.weight.bits': [3, 4] };
  const more = loadExperiment(source(wider), { database });
  expect((await planSweep(more)).stages.find(({ kind }) => kind === 'moments')!.state).toBe('cached');
  expect((await runSweep(more, { executor: watching(further) })).failed).toEqual([]);
  expect(further.filter(({ kind }) => kind === 'moments')).toEqual([]);
}, 120_000);

it('a sweep that was stopped goes on with the parts that it lacks, and has the same moments', async () => {
  const folder = temporaryFolder();
  const grid = { 'quantization.weight.rounding': 'gptq', 'quantization.rounding.samples': [66, 70] };
  const [whole, stopped] = ['whole.db', 'stopped.db'].map((name) =>
    loadExperiment(source(grid), { database: join(folder, name) }),
  );
  await runSweep(whole!, { executor: watching([]) });
  const stop = new AbortController();
  const first: Job[] = [];
  const onEvent = (event: RunEvent): void => {
    // The second part has begun: the first one is stored.
    if (event.kind === 'workStarted' && event.label === 'moments samples 64-66') stop.abort();
  };
  const outcome = await runSweep(stopped!, { executor: watching(first), signal: stop.signal, onEvent });
  expect(outcome.interrupted).toBe(true);
  const second: Job[] = [];
  expect((await runSweep(stopped!, { executor: watching(second) })).failed).toEqual([]);
  expect(second.flatMap((job) => (job.kind === 'moments' ? [job.first] : []))).toEqual([64, 64]);
  const rows = (experiment: typeof whole): readonly (readonly SqlValue[])[] =>
    queryDatabase(experiment!.run.database, momentsSql).rows;
  expect(rows(stopped)).toEqual(rows(whole));
  expect(new Set(rows(whole).map(([samples]) => samples))).toEqual(new Set([66, 70]));
}, 120_000);

it('moments over a number of samples have the same bits whatever else is asked for', async () => {
  const folder = temporaryFolder();
  const rows = async (name: string, samples: number | readonly number[]): Promise<readonly unknown[]> => {
    const database = join(folder, name);
    const grid = { 'quantization.weight.rounding': 'gptq', 'quantization.rounding.samples': samples };
    await runSweep(loadExperiment(source(grid), { database }), { executor: watching([]) });
    return queryDatabase(database, momentsSql).rows.filter(([of]) => of === 50);
  };
  expect(await rows('together.db', [50, 80])).toEqual(await rows('alone.db', 50));
}, 120_000);
