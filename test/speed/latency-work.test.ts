import { describe, expect, it } from 'vitest';
import { conditionsOf, conditionText, missingLatency } from '../../src/speed/latency-work.js';
import { plannedTrials } from './planned.js';

const settings = { batchSizes: [1, 8], threads: [1, 2], rounds: 40, warmup: 5, trials: 'all' } as const;
const trials = plannedTrials([{}, {}, { reference: 'other' }]);
const stored = { device: 'cpu', threads: 1, batchSize: 1, rounds: 40 } as const;

describe('conditionsOf', () => {
  it('are threads times batch sizes, each once', () => {
    expect(conditionsOf({ threads: [2, 2], batchSizes: [1, 4, 1] }, null)).toEqual([
      { threads: 2, batchSize: 1 },
      { threads: 2, batchSize: 4 },
    ]);
  });

  it('have the batch that the model fixes alone', () => {
    expect(conditionsOf(settings, 16)).toEqual([
      { threads: 1, batchSize: 16 },
      { threads: 2, batchSize: 16 },
    ]);
  });
});

describe('missingLatency', () => {
  const missing = (before: Parameters<typeof missingLatency>[2]) =>
    missingLatency(trials, settings, before, () => null);

  it('is all of it at first, by evaluation', () => {
    const { work, missing: count, cached } = missing([]);
    expect(work.map((one) => one.trials.map(({ key }) => key))).toEqual([['t0', 't1'], ['t2']]);
    expect(work[0]!.conditions.map(conditionText)).toEqual([
      'batch 1, 1 thread',
      'batch 8, 1 thread',
      'batch 1, 2 threads',
      'batch 8, 2 threads',
    ]);
    expect([count, cached]).toEqual([12, 0]);
  });

  it('leaves out what was measured, in as many rounds or more', () => {
    const { work, missing: count, cached } = missing([
      { ...stored, trial: 't0' },
      { ...stored, trial: 't1', rounds: 39 },
      { ...stored, trial: 't2', rounds: 100 },
      { ...stored, trial: 't2', device: 'phone', batchSize: 8 },
    ]);
    const conditions = work.map((one) => one.conditions.map((c) => c.trials.map(({ key }) => key).join('+')));
    expect(conditions).toEqual([
      ['t1', 't0+t1', 't0+t1', 't0+t1'],
      ['t2', 't2', 't2'],
    ]);
    expect([count, cached]).toEqual([10, 2]);
  });

  it('is nothing where all was measured', () => {
    const before = trials.flatMap(({ key }) =>
      [1, 2].flatMap((threads) => [1, 8].map((batchSize) => ({ ...stored, trial: key, threads, batchSize }))),
    );
    expect(missing(before)).toEqual({ work: [], missing: 0, cached: 12 });
  });
});
