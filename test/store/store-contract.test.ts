import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { StoreError } from '../../src/store/store-error.js';
import type { MachineRecord } from '../../src/records/machine-record.js';
import type { SweepStore } from '../../src/store/store.js';
import { openStore } from '../../src/store/write/sqlite-store.js';
import * as sample from './sample-sweep.js';

const { trials, model, execution } = sample;

/** A store under test: the one that was opened, and the one to read from what was written. */
interface Harness {
  readonly name: string;
  readonly open: () => { readonly writer: () => SweepStore; readonly reader: () => SweepStore };
}

/**
 * Rank and comparison are SQL, and defined there alone: a store in memory would be a second
 * definition.
 */
const stores: readonly Harness[] = [
  {
    name: 'SQLite',
    open: () => {
      const store = openStore(sample.temporaryDatabase());
      return { writer: () => store, reader: () => store };
    },
  },
  {
    name: 'SQLite, closed and opened again before each read',
    open: () => {
      const path = sample.temporaryDatabase();
      let store = openStore(path);
      const reader = (): SweepStore => {
        store.close();
        return (store = openStore(path));
      };
      return { writer: () => store, reader };
    },
  },
];

const failure = { errorClass: 'WorkerDied', message: 'killed', retry: true };
const stopped = {
  reason: 'test',
  against: trials.static.key,
  metric: 'top1',
  confidence: 0.99,
  orderSeed: 1,
  samples: 10,
  seen: 4,
  right: 1,
  otherRight: 4,
  onlyTrial: 0,
  onlyOther: 3,
  pValue: 0.001,
  threshold: 0.01,
} as const;

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof StoreError) return error.code;
    throw error;
  }
  return 'nothing thrown';
}

describe.each(stores)('the contract of a store: $name', ({ open }) => {
  let writer: () => SweepStore;
  let reader: () => SweepStore;
  const static8 = sample.quantizedRecord([0, 1, 2, 3, 4, 5, 6, 7], 0.02, 0.5);
  beforeEach(() => {
    ({ writer, reader } = open());
    sample.begin(writer());
  });
  afterEach(() => {
    writer().close();
  });
  const observed = (): void => {
    writer().finishObserve('observe', model.sha256, [200, 1500].map(sample.observation));
  };

  it('begins with nothing finished, and reads nothing where there is nothing', () => {
    const store = reader();
    const keys = sample.plan.trials.map(({ key }) => key);
    expect(store.finishedTrials(keys)).toEqual(new Set());
    expect(store.failedTrials([...keys, 'unknown'])).toEqual(new Map());
    expect(store.finishedStages(['observe', 'unknown'])).toEqual(new Set());
    expect(store.best(sample.plan.name)).toBeNull();
    expect(store.best('unknown')).toBeNull();
    expect(store.primaryOutcome('unknown')).toBeNull();
    expect(store.observation('observe', 200)).toBeNull();
    expect(store.reference('reference')).toBeNull();
    expect(store.search('search')).toBeNull();
    expect(store.rank('unknown')).toBeNull();
    expect(store.stageParts('unknown')).toEqual(new Map());
    expect(store.typicalDurations()).toEqual(new Map());
    expect(store.numericsClasses(['observe', 'unknown'], keys)).toEqual([]);
  });

  it('gives back what stages left, bit for bit', () => {
    observed();
    writer().finishReference('reference', model.sha256, sample.reference);
    writer().finishSearch('search', model.sha256, sample.search);
    const store = reader();
    expect(store.finishedStages(['observe', 'reference', 'search'])).toEqual(
      new Set(['observe', 'reference', 'search']),
    );
    expect(store.observation('observe', 1500)).toStrictEqual(sample.observation(1500));
    expect(store.observation('observe', 7)).toBeNull();
    expect(store.reference('reference')).toStrictEqual(sample.reference);
    expect(store.search('search')).toStrictEqual(sample.search);
  });

  it('keeps the parts of a stage until it is finished', () => {
    const payload = { sums: Float64Array.of(1, NaN, -0) };
    const attempt = writer().startAttempt({ kind: 'stage', key: 'observe', part: 'a' }, { device: 'cpu:0' });
    writer().finishPart(attempt, 'observe', 'a', payload, execution);
    expect(reader().stageParts('observe')).toStrictEqual(new Map([['a', payload]]));
    observed();
    expect(reader().stageParts('observe')).toEqual(new Map());
  });

  it('holds what a finished trial achieved', () => {
    observed();
    sample.finish(writer(), trials.static, static8);
    const store = reader();
    expect(store.finishedTrials(['static-200'])).toEqual(new Set(['static-200']));
    expect(store.stoppedTrials(['static-200'])).toEqual(new Set());
    expect([...store.primaryValues(['static-200', 'fp32'])]).toEqual([['static-200', 0.8]]);
    const { data, ...outcome } = store.primaryOutcome('static-200')!;
    expect({ ...outcome, data: Uint8Array.from(data) }).toEqual(static8.evaluation.outcomes[0]);
  });

  it('ends a trial once: finished or stopped, it is neither finished, stopped, failed nor tried again', () => {
    observed();
    sample.finish(writer(), trials.static, static8);
    const attempt = writer().startAttempt({ kind: 'trial', key: trials.dynamic.key }, { device: 'cpu:0' });
    writer().finishSearch('search', model.sha256, sample.search);
    const record = { ...static8, stopped };
    writer().stopTrial(trials.dynamic, model.sha256, record, execution, 'basic', attempt);
    const store = reader();
    expect(store.finishedTrials([trials.dynamic.key])).toEqual(new Set([trials.dynamic.key]));
    expect(store.stoppedTrials([trials.dynamic.key, trials.static.key])).toEqual(new Set([trials.dynamic.key]));
    expect(store.primaryOutcome(trials.dynamic.key)).toBeNull();
    for (const trial of [trials.static, trials.dynamic]) {
      const finish = (): void => {
        store.finishTrial(trial, model.sha256, static8, execution, 'basic', null);
      };
      const fail = (): void => {
        store.failTrial(trial.key, failure);
      };
      expect([finish, fail].map(codeOf)).toEqual(['finished', 'finished']);
      expect(codeOf(() => store.startAttempt({ kind: 'trial', key: trial.key }, { device: 'cpu:0' }))).toBe('finished');
    }
  });

  it('tells why work failed, and under what, until it is finished', () => {
    observed();
    writer().failTrial('static-200', failure, 'two threads');
    writer().failStage('search', failure);
    expect([...reader().failedTrials(['static-200'])]).toEqual([
      ['static-200', { errorClass: 'WorkerDied', message: 'killed', under: 'two threads' }],
    ]);
    expect(reader().failedStages(['search']).get('search')?.under).toBeNull();
    sample.finish(writer(), trials.static, static8);
    writer().finishSearch('search', model.sha256, sample.search);
    expect(reader().failedTrials(['static-200'])).toEqual(new Map());
    expect(reader().failedStages(['search'])).toEqual(new Map());
  });

  it('stores nothing of a record that it refuses', () => {
    observed();
    const broken = { ...static8, losses: [...static8.losses, { ...static8.losses[0]!, layer: 'conv9' }] };
    const attempt = writer().startAttempt({ kind: 'trial', key: 'static-200' }, { device: 'cpu:0' });
    const finish = (): void => {
      writer().finishTrial(trials.static, model.sha256, broken, execution, 'basic', attempt);
    };
    expect(codeOf(finish)).toBe('unknown');
    expect(reader().finishedTrials(['static-200'])).toEqual(new Set());
    expect(reader().primaryOutcome('static-200')).toBeNull();
  });

  it('refuses work that it was never told of', () => {
    const store = writer();
    expect(codeOf(() => store.startAttempt({ kind: 'trial', key: 'other' }, { device: 'cpu:0' }))).toBe('unknown');
    const fail = (): void => {
      store.failAttempt(77, failure);
    };
    expect(codeOf(fail)).toBe('unknown');
  });

  describe('the best', () => {
    beforeEach(observed);

    it('is a candidate, also where an unsmoothed trial has a higher value', () => {
      sample.finish(writer(), trials.unsmoothed, sample.quantizedRecord([0, 1, 2, 3, 4, 5, 6, 7, 8], 0.02, null));
      expect(reader().best('tiny')).toMatchObject({ label: trials.unsmoothed.label, role: 'unsmoothed', value: 0.9 });
      sample.finish(writer(), trials.static, static8);
      expect(reader().best('tiny')).toEqual({
        label: trials.static.label,
        role: 'candidate',
        metric: 'top1',
        value: 0.8,
      });
    });

    it('is of equals the first of the sweep, whichever finished first', () => {
      writer().finishSearch('search', model.sha256, sample.search);
      sample.finish(writer(), trials.dynamic, static8);
      expect(reader().best('tiny')?.label).toBe(trials.dynamic.label);
      sample.finish(writer(), trials.static, static8);
      expect(reader().best('tiny')?.label).toBe(trials.static.label);
    });
  });

  describe('numerics classes', () => {
    const own = sample.machine.numericsClass;
    const other = {
      environment: { ...sample.environment, host: 'rack' },
      numericsClass: 'cpu-000000000002',
      agent: 'rack-1',
    };
    const finishPart = (part: string, machine?: MachineRecord): void => {
      const place = { device: 'cpu:0', ...(machine && { machine }) };
      const attempt = writer().startAttempt({ kind: 'stage', key: 'observe', part }, place);
      writer().finishPart(attempt, 'observe', part, {}, execution);
    };
    const classes = () => reader().numericsClasses(['observe', 'reference', 'search'], ['fp32', 'static-200']);

    it('are those of the machine of the sweep, unless the place names another', () => {
      finishPart('a');
      expect(classes()).toEqual([{ numericsClass: own, trials: 0, stages: 1 }]);
      finishPart('b', other);
      finishPart('c', other);
      expect(classes()).toEqual([
        { numericsClass: own, trials: 0, stages: 1 },
        { numericsClass: other.numericsClass, trials: 0, stages: 1 },
      ]);
    });

    it('count a stage in each class that its parts are of, before and after it is finished', () => {
      finishPart('a', other);
      finishPart('b');
      const before = classes();
      observed();
      expect(classes()).toEqual(before);
      expect(before.map(({ stages }) => stages)).toEqual([1, 1]);
    });

    it('leave out attempts that came to nothing', () => {
      const attempt = writer().startAttempt(
        { kind: 'stage', key: 'observe', part: 'a' },
        { device: 'cpu:0', machine: other },
      );
      writer().failAttempt(attempt, failure);
      finishPart('a');
      observed();
      expect(classes()).toEqual([{ numericsClass: own, trials: 0, stages: 1 }]);
    });

    it('are of a trial that of its attempt, of fp32 that of its reference stage, the one of most trials first', () => {
      observed();
      const part = { kind: 'stage', key: 'reference', part: 'whole' } as const;
      const reference = writer().startAttempt(part, { device: 'cpu:0', machine: other });
      writer().finishPart(reference, 'reference', 'whole', {}, execution);
      writer().finishReference('reference', model.sha256, sample.reference);
      sample.finish(writer(), trials.fp32, sample.fp32Record);
      sample.finish(writer(), trials.static, static8);
      expect(reader().numericsClasses([], ['fp32'])).toEqual([
        { numericsClass: other.numericsClass, trials: 1, stages: 0 },
      ]);
      expect(reader().numericsClasses([], ['static-200'])).toEqual([{ numericsClass: own, trials: 1, stages: 0 }]);
      expect(classes()).toEqual([
        { numericsClass: other.numericsClass, trials: 1, stages: 1 },
        { numericsClass: own, trials: 1, stages: 0 },
        // No attempt is known that finished the observe stage.
        { numericsClass: null, trials: 0, stages: 1 },
      ]);
    });

    it('are not known where one part is of no known class', () => {
      finishPart('a');
      finishPart('b', { ...other, numericsClass: null });
      observed();
      expect(classes()).toEqual([{ numericsClass: null, trials: 0, stages: 1 }]);
    });
  });

  it('closes as often as it is asked to', () => {
    writer().close();
    expect(() => writer().close()).not.toThrow();
  });
});
