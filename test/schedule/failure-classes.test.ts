import { describe, expect, it } from 'vitest';
import type { SweepPlan } from '../../src/plan/plan.js';
import { permanentFailures } from '../../src/schedule/failure-classes.js';
import type { StoredFailure, SweepStore } from '../../src/store/store.js';

/** One trial that failed before, by itself or by its reference stage. */
function failuresOf(trial: string, stage?: string): ReadonlyMap<string, StoredFailure> {
  const plan = {
    stages: [{ key: 'stage' }],
    trials: [{ key: 'trial', referenceKey: 'stage', observeKey: null, searchKey: null, rankKey: null }],
  } as unknown as SweepPlan;
  const failed = (key: string, errorClass: string | undefined) =>
    new Map(errorClass === undefined ? [] : [[key, { errorClass, message: '' }]]);
  const store = {
    failedStages: () => failed('stage', stage),
    failedTrials: () => failed('trial', trial),
  } as unknown as SweepStore;
  return permanentFailures(plan, store);
}

describe('permanentFailures', () => {
  it('holds a failure that the same work would repeat', () => {
    expect([...failuresOf('RuntimeError').keys()]).toEqual(['trial']);
    expect([...failuresOf('StageFailed', 'ModelError').keys()]).toEqual(['trial']);
  });

  it.each(['WorkerDied', 'OutOfMemory', 'DeviceLost', 'FallbackError'])(
    'leaves %s, which is of the machine and its settings, to the next run',
    (errorClass) => {
      expect(failuresOf(errorClass).size).toBe(0);
      expect(failuresOf('StageFailed', errorClass).size).toBe(0);
    },
  );
});
