import { expect, it } from 'vitest';

import { pairedBootstrap } from '../../src/statistics/bootstrap.js';
import type { EvaluationRecord } from '../../src/records/evaluation-record.js';
import type { TrialRecord } from '../../src/records/trial-record.js';
import type { PlannedTrial } from '../../src/plan/plan.js';
import { queryDatabase } from '../../src/store/query/query-database.js';
import { openStore } from '../../src/store/write/sqlite-store.js';
import * as sample from './sample-sweep.js';

/** A mAP with its bootstrap replicates, on bytes that do not lie at a multiple of 8. */
function detection(value: number, replicates: readonly number[]): TrialRecord {
  const data = new Uint8Array(1 + replicates.length * 8).subarray(1);
  replicates.forEach((replicate, index) => {
    new DataView(data.buffer, data.byteOffset).setFloat64(index * 8, replicate, true);
  });
  const evaluation: EvaluationRecord = {
    primaryMetric: 'mAP',
    samples: 10,
    accuracies: [
      { metric: 'mAP', slice: '', value, ciLow: null, ciHigh: null, ciMethod: null, correct: null, total: null },
    ],
    outcomes: [{ metric: 'mAP', kind: 'bootstrap', count: replicates.length, data }],
  };
  return { ...sample.quantizedRecord([], 0.1, 0.5), evaluation };
}

it('compares by paired bootstrap where the outcomes are replicates', () => {
  const path = sample.temporaryDatabase();
  const store = openStore(path);
  sample.begin(store);
  store.finishObserve('observe', sample.model.sha256, [sample.observation(200)]);
  const a = [0.5, 0.52, 0.48, 0.51];
  const b = [0.4, 0.43, 0.37, 0.4];
  sample.finish(store, sample.trials.unsmoothed, detection(0.4, b));
  sample.finish(store, sample.trials.static, detection(0.5, a));
  store.refreshComparisons('tiny');
  store.close();
  const { ciLow, ciHigh, pValue } = pairedBootstrap(Float64Array.from(a), Float64Array.from(b), 0.5 - 0.4);
  expect(
    queryDatabase(
      path,
      `SELECT method, difference, p_value, ci_low, ci_high, only_trial FROM v_comparison WHERE trial = 3 AND against = 'unsmoothed'`,
    ).rows,
  ).toEqual([['paired bootstrap', 0.5 - 0.4, pValue, ciLow, ciHigh, null]]);
});

it('does not compare trials of different evaluation sets, and takes the first of equals as the best', () => {
  const path = sample.temporaryDatabase();
  const store = openStore(path);
  sample.fill(store);
  const other = { ...sample.trials.static, key: 'other', label: 'other' };
  store.beginSweep(
    sample.experiment,
    { ...sample.plan, trials: [sample.trials.static, { ...other, position: 9 }, sample.trials.fp32] },
    [sample.model],
    sample.machine,
  );
  const record = sample.quantizedRecord([0], 0.1, 0.5);
  sample.finish(store, other, {
    ...record,
    evaluation: sample.evaluation(
      Array.from({ length: 16 }, (_, i) => i),
      20,
    ),
  });
  store.refreshComparisons('tiny');
  store.close();
  // Equal value 0.8: the static trial comes first, so it is the best; "other" saw 20 samples and is
  // left out.
  expect(queryDatabase(path, `SELECT label, against FROM v_comparison ORDER BY label, against`).rows).toEqual([
    ['FP32', 'best'],
    ['static alpha=0.5, 200 batches', 'fp32'],
    ['static alpha=0.5, 200 batches', 'unsmoothed'],
  ]);
});

/** A sweep of the given trials, finished with the given places right (of 10 samples). */
function sweepOf(...finished: readonly (readonly [PlannedTrial, readonly number[]])[]): string {
  const path = sample.temporaryDatabase();
  const store = openStore(path);
  const trials = finished.map(([planned], position) => ({ ...planned, position }));
  store.beginSweep(sample.experiment, { ...sample.plan, trials }, [sample.model], sample.machine);
  store.finishObserve('observe', sample.model.sha256, [sample.observation(200)]);
  store.finishReference('reference', sample.model.sha256, sample.reference);
  for (const [planned, correct] of finished) {
    const fp32 = planned.settings.role === 'fp32';
    const record = fp32 ? sample.fp32Record : sample.quantizedRecord([], 0.1, 0.5);
    sample.finish(store, planned, { ...record, evaluation: sample.evaluation(correct) });
  }
  store.refreshComparisons('tiny');
  store.close();
  return path;
}

const pairs = (path: string, against: string) =>
  queryDatabase(
    path,
    `SELECT c.label, t.label FROM v_comparison c JOIN v_trial t ON t.trial = c.other_trial AND t.sweep = c.sweep
     WHERE against = '${against}' ORDER BY 1`,
  ).rows;

it('compares within one evaluation only: two subsets of as many samples have a best each', () => {
  const { fp32, unsmoothed, static: smoothed, dynamic } = sample.trials;
  const second = (planned: PlannedTrial): PlannedTrial => ({
    ...planned,
    key: `${planned.key}-b`,
    label: `b: ${planned.label}`,
    fp32Key: 'fp32-b',
    unsmoothedKey: planned.unsmoothedKey === null ? null : `${planned.unsmoothedKey}-b`,
  });
  const path = sweepOf(
    [fp32, [0, 1, 2, 3, 4]],
    [unsmoothed, [0]],
    [smoothed, [0, 1, 2]],
    [dynamic, [0, 1]],
    [second(fp32), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]],
    [second(unsmoothed), [0, 1, 2, 3, 4, 5]],
    [second(smoothed), [0, 1, 2, 3, 4, 5, 6]],
    [second(dynamic), [0, 1, 2, 3, 4, 5, 6, 7]],
  );
  expect(pairs(path, 'best')).toEqual([
    ['FP32', smoothed.label],
    ['b: FP32', `b: ${dynamic.label}`],
    [`b: ${smoothed.label}`, `b: ${dynamic.label}`],
    [`b: ${unsmoothed.label}`, `b: ${dynamic.label}`],
    [dynamic.label, smoothed.label],
    [unsmoothed.label, smoothed.label],
  ]);
  const ownSubset = (rows: readonly (readonly unknown[])[]) =>
    rows.every(([a, b]) => String(a).startsWith('b: ') === String(b).startsWith('b: '));
  expect(pairs(path, 'fp32')).toHaveLength(6);
  expect(ownSubset(pairs(path, 'fp32')) && ownSubset(pairs(path, 'unsmoothed'))).toBe(true);
});

it('takes a candidate as the best, however high unsmoothed is, and unsmoothed where no candidate is done', () => {
  const { fp32, unsmoothed, static: smoothed } = sample.trials;
  expect(pairs(sweepOf([fp32, [0]], [unsmoothed, [0, 1, 2]], [smoothed, [0, 1]]), 'best')).toEqual([
    ['FP32', smoothed.label],
    [unsmoothed.label, smoothed.label],
  ]);
  expect(pairs(sweepOf([fp32, [0]], [unsmoothed, [0, 1, 2]]), 'best')).toEqual([['FP32', unsmoothed.label]]);
});

it('sets integer execution against its simulated counterpart, with what ran and on which CPU', () => {
  const { fp32, static: simulated } = sample.trials;
  const integer = { ...simulated, key: 'integer', label: 'integer', position: 3, simulatedKey: simulated.key };
  const quantization = { ...simulated.settings.quantization!, execution: 'integer' } as const;
  const planned = { ...integer, settings: { ...simulated.settings, quantization } };
  const path = sample.temporaryDatabase();
  const store = openStore(path);
  const plan = { ...sample.plan, trials: [fp32, simulated, planned] };
  store.beginSweep(sample.experiment, plan, [sample.model], sample.machine);
  store.finishObserve('observe', sample.model.sha256, [sample.observation(200)]);
  sample.finish(store, simulated, sample.quantizedRecord([0, 1, 2, 3, 4], 0.1, 0.5));
  const attempt = store.startAttempt({ kind: 'trial', key: planned.key }, { device: 'cpu:0' });
  const execution = { ...sample.execution, integerKernels: { QGemm: 1, QLinearConv: 2 } };
  const record = sample.quantizedRecord([0, 1, 9], 0.1, 0.5);
  store.finishTrial(planned, sample.model.sha256, record, execution, 'all', attempt);
  store.refreshComparisons('tiny');
  store.close();
  const columns =
    'label, simulated, integer, only_integer, only_simulated, significant, integer_nodes, integer_kernels, cpu_flags';
  expect(queryDatabase(path, `SELECT ${columns} FROM v_execution WHERE sweep = 'tiny'`).rows).toEqual([
    ['integer', 0.5, 0.3, 1, 3, 0, 3, '{"QGemm":1,"QLinearConv":2}', 'avx2 avx512_vnni'],
  ]);
  expect(pairs(path, 'simulated')).toEqual([['integer', simulated.label]]);
});
