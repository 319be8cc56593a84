import { describe, expect, it } from 'vitest';
import type { RunSettings } from '../../src/experiment/sections/settings.js';
import type { SweepPlan } from '../../src/plan/plan.js';
import { triedTrials, tryAll } from '../../src/schedule/tried-trials.js';
import { stageConditions, trialConditions } from '../../src/schedule/work-conditions.js';
import type { StoredFailure, SweepStore } from '../../src/store/store.js';

const run: RunSettings = {
  provider: 'cpu',
  allowFallback: false,
  slots: 2,
  threads: 1,
  optimizationLevel: 'all',
  database: '/a.db',
  retries: 2,
  hangSeconds: 60,
  memoryMb: 500,
  lockWaitMinutes: 60,
};
const task = { kind: 'classification' };
const npy = { format: 'npy' };
const settings = { evaluation: { batchSize: 4, source: npy }, calibration: null, task };
const stages = [
  { kind: 'reference', key: 'reference', evaluation: { batchSize: 4, source: npy }, task },
  { kind: 'observe', key: 'observe', calibration: { source: npy } },
  { kind: 'search', key: 'search', observeKey: 'observe', calibration: { source: npy }, task },
];
const needs = {
  referenceKey: 'reference',
  observeKey: 'observe',
  momentsKey: null,
  searchKey: null,
  rankKey: null,
  keepKey: null,
};

/** What is done with trials of these keys; failures ran under `before`. */
function tried(
  failures: Readonly<Record<string, string>>,
  before: Partial<RunSettings> = {},
  trials: readonly object[] = [{ key: 'trial', settings, ...needs }],
  now: Partial<RunSettings> = {},
): { readonly toRun: readonly string[]; readonly leftAlone: readonly string[] } {
  const plan = { stages, trials } as unknown as SweepPlan;
  const earlier = { ...run, ...before };
  const failed = (keys: readonly string[]): ReadonlyMap<string, StoredFailure> =>
    new Map(
      keys.flatMap((key) => {
        const errorClass = failures[key];
        const stage = plan.stages.find((each) => each.key === key);
        const trial = plan.trials.find((each) => each.key === key);
        const under = stage ? stageConditions(stage, earlier) : trialConditions(trial!.settings, earlier);
        return errorClass === undefined ? [] : [[key, { errorClass, message: '', under }] as const];
      }),
    );
  const store = {
    failedStages: failed,
    failedTrials: failed,
    finishedTrials: () => new Set<string>(),
  } as unknown as SweepStore;
  const { toRun, leftAlone } = triedTrials(plan, store, { ...run, ...now });
  expect(tryAll(plan, store).toRun).toEqual(trials);
  return { toRun: toRun.map(({ key }) => key), leftAlone: [...leftAlone.keys()] };
}

describe('triedTrials', () => {
  it('leaves a failure alone that the same work would repeat', () => {
    expect(tried({ trial: 'RuntimeError' })).toEqual({ toRun: [], leftAlone: ['trial'] });
    expect(tried({ trial: 'StageFailed', observe: 'ModelError' })).toEqual({ toRun: [], leftAlone: ['trial'] });
  });

  it.each(['WorkerDied', 'OutOfMemory', 'DeviceLost', 'FallbackError', 'SurroundingsError', 'CustomCodeError'])(
    'runs again after %s, which is of the machine and its settings',
    (errorClass) => {
      expect(tried({ trial: errorClass }).toRun).toEqual(['trial']);
      expect(tried({ trial: 'StageFailed', observe: errorClass }).toRun).toEqual(['trial']);
    },
  );

  it.each<Partial<RunSettings>>([
    { memoryMb: 100 },
    { memoryMb: null },
    { threads: 2 },
    { slots: 1 },
    { hangSeconds: 1 },
    { retries: 0 },
    { allowFallback: true },
  ])('runs again what failed under another %o', (before) => {
    expect(tried({ trial: 'RuntimeError' }, before).toRun).toEqual(['trial']);
    expect(tried({ trial: 'StageFailed', reference: 'RuntimeError' }, before).toRun).toEqual(['trial']);
  });

  it('runs again what failed in a dataset module, whose imports no key holds', () => {
    const module = { ...settings, evaluation: { batchSize: 4, source: { format: 'module' } } };
    const trials = [{ key: 'trial', settings: module, ...needs }];
    expect(tried({ trial: 'DatasetError' }, {}, trials).toRun).toEqual(['trial']);
    expect(tried({ trial: 'DatasetError' }).leftAlone).toEqual(['trial']);
  });

  it('does not run again for another database', () => {
    expect(tried({ trial: 'RuntimeError' }, { database: '/b.db' }).leftAlone).toEqual(['trial']);
  });

  it('runs again where what it failed under is not known', () => {
    const store = {
      failedStages: () => new Map(),
      failedTrials: () => new Map([['trial', { errorClass: 'RuntimeError', message: '', under: null }]]),
      finishedTrials: () => new Set(),
    } as unknown as SweepStore;
    const plan = { stages, trials: [{ key: 'trial', settings, ...needs }] } as unknown as SweepPlan;
    expect(triedTrials(plan, store, run).toRun).toHaveLength(1);
  });

  it('runs again where the stage that failed it has finished since', () => {
    expect(tried({ trial: 'StageFailed' }).toRun).toEqual(['trial']);
  });

  it('follows the failure of a search to the stage that it needs', () => {
    const searching = [{ key: 'trial', settings, ...needs, searchKey: 'search' }];
    const failures = { trial: 'StageFailed', search: 'StageFailed' };
    expect(tried({ ...failures, observe: 'OutOfMemory' }, {}, searching).toRun).toEqual(['trial']);
    expect(tried(failures, {}, searching).toRun).toEqual(['trial']);
    expect(tried({ ...failures, observe: 'RuntimeError' }, {}, searching).leftAlone).toEqual(['trial']);
  });

  it('takes along the trials of a stage that a new trial will have run again', () => {
    const two = ['old', 'new'].map((key) => ({ key, settings, ...needs }));
    expect(tried({ old: 'StageFailed', observe: 'RuntimeError' }, {}, two)).toEqual({
      toRun: ['old', 'new'],
      leftAlone: [],
    });
  });
});
