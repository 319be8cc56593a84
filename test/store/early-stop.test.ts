import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StoppedTrialRecord, StopRecord } from '../../src/records/trial-record.js';
import { findTrials } from '../../src/store/read/find-trials.js';
import { openQueries, type QueryConnection } from '../../src/store/query/query-database.js';
import { openStore } from '../../src/store/write/sqlite-store.js';
import { StoreError } from '../../src/store/store-error.js';
import type { SweepStore } from '../../src/store/store.js';
import * as sample from './sample-sweep.js';

const { fp32, unsmoothed, static: complete, dynamic: stopped } = sample.trials;

const stop: StopRecord = {
  reason: 'test',
  against: complete.key,
  metric: 'top1',
  confidence: 0.999,
  orderSeed: 0xdeadbeef,
  samples: 10,
  seen: 6,
  right: 1,
  otherRight: 5,
  onlyTrial: 0,
  onlyOther: 4,
  pValue: 1 / 16,
  threshold: 0.001 / 9,
};

function stoppedRecord(): StoppedTrialRecord {
  const { losses, lossSamples, quantizers, smoothing, biasCorrections, outputDivergence, gate } =
    sample.quantizedRecord([], 0.09, 0.7);
  return { losses, lossSamples, quantizers, smoothing, biasCorrections, outputDivergence, gate, stopped: stop };
}

/**
 * The sample sweep, of which the dynamic trial is stopped early; its 1500-batch trial is not begun.
 */
function fill(store: SweepStore): void {
  sample.begin(store);
  store.finishObserve('observe', sample.model.sha256, [1, 200, 1500].map(sample.observation));
  store.finishReference('reference', sample.model.sha256, sample.reference);
  store.finishSearch('search', sample.model.sha256, sample.search);
  sample.finish(store, fp32, sample.fp32Record);
  sample.finish(store, unsmoothed, sample.quantizedRecord([0, 9], 0.08, null));
  sample.finish(store, complete, sample.quantizedRecord([0, 1, 2, 3, 4, 5, 6, 7], 0.02, 0.5));
  const attempt = store.startAttempt({ kind: 'trial', key: stopped.key }, { device: 'cpu:0' });
  store.stopTrial(stopped, sample.model.sha256, stoppedRecord(), sample.execution, 'basic', attempt);
  store.refreshComparisons('tiny');
}

describe('a trial that was stopped early', () => {
  let path: string;
  let store: SweepStore;
  let queries: QueryConnection;
  const rows = (sql: string) => queries.query(sql).rows;
  beforeEach(() => {
    path = sample.temporaryDatabase();
    store = openStore(path);
    fill(store);
    queries = openQueries(path);
  });
  afterEach(() => {
    queries.close();
    store.close();
  });

  it('is finished, and neither run nor written again', () => {
    const keys = sample.plan.trials.map(({ key }) => key);
    expect(store.finishedTrials(keys)).toEqual(new Set([fp32, unsmoothed, complete, stopped].map(({ key }) => key)));
    expect(store.stoppedTrials(keys)).toEqual(new Set([stopped.key]));
    expect(store.failedTrials(keys).size).toBe(0);
    for (const again of [
      () => store.startAttempt({ kind: 'trial', key: stopped.key }, { device: 'cpu:0' }),
      () => {
        sample.finish(store, stopped, sample.quantizedRecord([0], 0.1, 0.7));
      },
      () => {
        store.failTrial(stopped.key, { errorClass: 'x', message: 'x', retry: false });
      },
    ]) {
      expect(again).toThrow(StoreError);
    }
  });

  it('has no value and no outcome to compare with; the complete one has', () => {
    expect([...store.primaryValues([complete.key, stopped.key])]).toEqual([[complete.key, 0.8]]);
    expect(store.primaryOutcome(stopped.key)).toBeNull();
    expect(store.primaryOutcome('nobody')).toBeNull();
    const { outcomes } = sample.evaluation([0, 1, 2, 3, 4, 5, 6, 7]);
    const stored = store.primaryOutcome(complete.key)!;
    expect({ ...stored, data: [...stored.data] }).toEqual({ ...outcomes[0]!, data: [...outcomes[0]!.data] });
  });

  it('is in no view that ranks or compares, and in those of layers as any trial', () => {
    const with5 = (view: string): boolean => rows(`SELECT 1 FROM ${view} WHERE trial = 5`).length > 0;
    for (const view of ['v_accuracy', 'v_accuracy_by_alpha', 'v_pareto', 'v_execution', 'v_comparison']) {
      expect(with5(view), view).toBe(false);
    }
    expect(rows('SELECT 1 FROM v_comparison WHERE other_trial = 5')).toEqual([]);
    expect(rows('SELECT 1 FROM v_comparison WHERE trial = 3').length).toBeGreaterThan(0);
    expect(rows('SELECT max(trials) FROM v_proxy_fidelity')).toEqual([[2]]);
    expect(rows('SELECT * FROM compare_trials(3, 5) UNION ALL SELECT * FROM compare_trials(5, 3)')).toEqual([]);
    for (const view of ['v_layer_loss', 'v_amax', 'v_smoothing', 'v_channel']) expect(with5(view), view).toBe(true);
    expect(findTrials(queries, 'tiny', 'best')).toEqual([3]);
  });

  it('says so in v_trial, v_sweep and v_stopped', () => {
    expect(
      rows('SELECT trial, status, metric, value, gap_to_fp32, evaluated_samples FROM v_trial ORDER BY trial'),
    ).toEqual([
      [1, 'done', 'top1', 0.9, 0, 10],
      [2, 'done', 'top1', 0.2, 0.2 - 0.9, 10],
      [3, 'done', 'top1', 0.8, 0.8 - 0.9, 10],
      [4, 'pending', null, null, null, null],
      [5, 'stopped', 'top1', null, null, 6],
    ]);
    expect(rows('SELECT mean_l1 > 0 FROM v_trial WHERE trial = 5')).toEqual([[1]]);
    expect(rows('SELECT trials, done, stopped, pending, failed FROM v_sweep')).toEqual([[5, 3, 1, 1, 0]]);
    expect(
      rows(`SELECT trial, label, metric, reason, evaluated_samples, samples, correct, against, against_label, against_correct,
                   only_trial, only_against, p_value, confidence, order_seed FROM v_stopped`),
    ).toEqual([[5, stopped.label, 'top1', 'test', 6, 10, 1, 3, complete.label, 5, 0, 4, 1 / 16, 0.999, 0xdeadbeef]]);
  });

  it('is not stored where what it was held against is not complete', () => {
    const attempt = store.startAttempt({ kind: 'trial', key: sample.trials.static1500.key }, { device: 'cpu:0' });
    const record = { ...stoppedRecord(), stopped: { ...stop, against: stopped.key } };
    expect(() => {
      store.stopTrial(sample.trials.static1500, sample.model.sha256, record, sample.execution, 'basic', attempt);
    }).toThrow('Expected a complete trial that this one was held against');
    expect(rows('SELECT status FROM v_trial WHERE trial = 4')).toEqual([['pending']]);
  });
});
