import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadExperiment, type ExperimentObject } from '../../src/api/load-experiment.js';
import { openResults } from '../../src/api/open-results.js';
import { planSweep } from '../../src/api/plan-sweep.js';
import { renderReport } from '../../src/api/render-report.js';
import { runSweep, type RunEvent } from '../../src/api/run-sweep.js';
import type { OpenExecutor } from '../../src/engine/executor.js';
import { demoModel, temporaryFolder } from '../cli/command-line.js';
import { MemoryExecutor } from '../engine/memory-executor.js';

const data = { format: 'synthetic', shape: [8, 48, 48], count: 4 } as const;

const source: ExperimentObject = {
  version: 1,
  name: 'small',
  model: { path: demoModel },
  data: {
    calibration: { ...data, seed: 1, batchSize: 2, batches: 1 },
    evaluation: { ...data, seed: 2 },
  },
  task: 'fidelity',
  loss: { samples: 2 },
  gate: { samples: 2 },
  grid: { 'smoothing.alpha': [0.5] },
};

const executor: OpenExecutor = (request) => new MemoryExecutor(request);

describe('runSweep', () => {
  it.each(['stageFinished', 'progress', 'trialFinished'] as const)(
    'rejects with what the listener throws at %s, fails no trial, and goes on the next time',
    async (kind) => {
      const experiment = loadExperiment(source, { database: join(temporaryFolder(), 'x.db') });
      const onEvent = (event: RunEvent): void => {
        if (event.kind === kind) throw new TypeError('of the listener');
      };
      await expect(runSweep(experiment, { executor, onEvent })).rejects.toThrow('of the listener');
      const { failed, failedBefore, ran, cached } = await runSweep(experiment, { executor });
      expect({ failed, failedBefore, all: ran + cached }).toEqual({ failed: [], failedBefore: [], all: 3 });
    },
  );

  it('does nothing where it is stopped before it begins', async () => {
    const experiment = loadExperiment(source, { database: join(temporaryFolder(), 'x.db') });
    const events: string[] = [];
    const outcome = await runSweep(experiment, {
      executor,
      signal: AbortSignal.abort(),
      onEvent: ({ kind }) => events.push(kind),
    });
    expect(outcome).toMatchObject({ ran: 0, interrupted: true });
    expect(events).toEqual([]);
  });

  it('and planSweep refuse the path of a file', async () => {
    const path = 'x.yaml' as never;
    await expect(runSweep(path)).rejects.toThrow('as loadExperiment returns it, got the text "x.yaml"');
    await expect(planSweep(path)).rejects.toThrow('as loadExperiment returns it');
  });
});

describe('wrong arguments', () => {
  it('are named', async () => {
    const database = join(temporaryFolder(), 'x.db');
    await runSweep(loadExperiment(source, { database }), { executor });
    expect(() => renderReport(database, { format: 'pdf' as never })).toThrow('Expected html, markdown or json');
    expect(() => loadExperiment(undefined as never)).toThrow('Expected the path of an experiment file');
    expect(() => loadExperiment(source, { database: '' })).toThrow('Expected a database file');
    const results = openResults(database);
    expect(() => results.rows('nope' as never)).toThrow('Expected one of the views');
    expect(() => results.rows('v_trial', { trial: true as never })).toThrow(
      'Expected a number, text or null for trial',
    );
    results.close();
    expect(() => results.sweeps()).toThrow('The results are closed');
    expect(() => results.query('SELECT 1')).toThrow('The results are closed');
  });
});

it('a sweep stores parameters and MACs of layers', async () => {
  const database = join(temporaryFolder(), 'x.db');
  await runSweep(loadExperiment(source, { database }), { executor });
  const results = openResults(database);
  const [first] = results.query(
    'SELECT weight_shape, groups, parameters, macs FROM v_layer WHERE sweep = :sweep ORDER BY position',
    { sweep: 'small' },
  ) as unknown as readonly { weight_shape: string; parameters: number; macs: number }[];
  results.close();
  const [outputs, inputs, ...kernel] = JSON.parse(first!.weight_shape) as number[];
  const weights = outputs! * inputs! * kernel.reduce((a, b) => a * b);
  expect(first!.parameters).toBe(weights + outputs!);
  // The demo's first layer keeps the size of its input, 48 x 48.
  expect(first!.macs).toBe(weights * 48 * 48);
});
