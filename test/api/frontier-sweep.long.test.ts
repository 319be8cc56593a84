import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadExperiment, type ExperimentObject } from '../../src/api/load-experiment.js';
import { planSweep } from '../../src/api/plan-sweep.js';
import { runSweep } from '../../src/api/run-sweep.js';
import type { OpenExecutor } from '../../src/engine/executor.js';
import type { Job } from '../../src/engine/jobs/jobs.js';
import type { SweepFacts } from '../../src/report/facts/sweep-facts.js';
import { frontier } from '../../src/report/figures/sweep/frontier.js';
import { frontierLayers } from '../../src/report/figures/sweep/frontier-layers.js';
import { queryDatabase, type SqlValue } from '../../src/store/query/query-database.js';
import { demoModel, temporaryFolder } from '../cli/command-line.js';
import { MemoryExecutor } from '../engine/memory-executor.js';

const data = { format: 'synthetic', shape: [8, 48, 48], count: 16 } as const;

function source(goal: object, more: object = {}): ExperimentObject {
  return {
    version: 1,
    name: 'small',
    goal,
    model: { path: demoModel },
    data: {
      calibration: { ...data, seed: 1, batchSize: 8, batches: 2 },
      evaluation: { ...data, count: 8, seed: 2 },
    },
    task: 'fidelity',
    loss: { samples: 4 },
    gate: { samples: 2 },
    grid: { 'smoothing.alpha': [0.5] },
    ...more,
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

const goal = { maxDrop: 0.5, minimize: 'bitOperations', bits: [8, 'float', 2, 4] };

describe('a goal with bits', () => {
  it.each(['nearest', 'gptq'])(
    'finds the bits of each layer, rounded %s',
    async (rounding) => {
      const database = join(temporaryFolder(), 'x.db');
      const rows = (sql: string): readonly (readonly SqlValue[])[] => queryDatabase(database, sql).rows;
      const experiment = loadExperiment(source(goal, { quantization: { weight: { rounding } } }), { database });
      const plan = await planSweep(experiment);
      expect(plan.stages.map(({ kind, description }) => `${kind}: ${description}`)).toEqual(
        expect.arrayContaining([
          'rank: each layer quantized alone at 2 bits on 16 samples',
          'keep: bits of each layer from 2, 4, 8, float: the fewest bit operations for a drop of at most 0.5, by at most 16 evaluations',
        ]),
      );
      const jobs: Job[] = [];
      const outcome = await runSweep(experiment, { executor: watching(jobs) });
      expect(outcome.failed).toEqual([]);

      const tried = rows(
        `SELECT loss, loss_low, loss_high, allowed, cost, chosen, bracketed FROM v_frontier WHERE kind = 'tried' ORDER BY position`,
      ) as readonly number[][];
      const chosen = tried.filter((row) => row[5] === 1);
      expect(chosen).toHaveLength(1);
      expect(chosen[0]![0]!).toBeLessThanOrEqual(chosen[0]![3]!);
      // Nothing cheaper that was tried keeps the bound.
      expect(tried.filter((row) => row[0]! <= row[3]! && row[4]! < chosen[0]![4]!)).toEqual([]);

      // The trial is the chosen one.
      const [bits, trial] = rows(`SELECT bits, trial FROM v_frontier WHERE chosen`)[0]!;
      const wanted = JSON.parse(String(bits)) as Record<string, number | null>;
      const own = rows(`SELECT layer, bits FROM v_quantizer WHERE role = 'weight' AND trial = ${Number(trial)}`);
      expect(Object.fromEntries(own.map(([layer, b]) => [String(layer), b]))).toEqual(
        Object.fromEntries(Object.entries(wanted).filter(([, b]) => b !== null)),
      );
      expect(rows(`SELECT gap_to_fp32 FROM v_accuracy_by_alpha WHERE trial = ${Number(trial)}`)[0]![0]).toBeCloseTo(
        -chosen[0]![0]!,
        12,
      );
      expect(jobs.filter(({ kind }) => kind === 'trial').length).toBeGreaterThan(tried.length);

      const facts = { sweep: { name: 'small' } } as SweepFacts;
      expect(rows(frontier.sql(facts)).length).toBeGreaterThan(tried.length);
      expect(rows(frontierLayers.sql(facts))).toHaveLength(Object.keys(wanted).length);

      const again: Job[] = [];
      await runSweep(experiment, { executor: watching(again) });
      expect(again.filter(({ kind }) => kind === 'trial' || kind === 'rank')).toEqual([]);
    },
    120_000,
  );

  it('says so where no bits keep the drop', async () => {
    const database = join(temporaryFolder(), 'x.db');
    const experiment = loadExperiment(source({ maxDrop: 0, minimize: 'size', bits: [2, 3] }), { database });
    const outcome = await runSweep(experiment, { executor: (request) => new MemoryExecutor(request) });
    expect(outcome.failed.map(({ message }) => message)).toEqual([
      expect.stringMatching(
        /Expected bits of layers with a drop of .* of at most 0 below FP32, got none in \d+ evaluations/,
      ),
    ]);
  }, 120_000);
});
