import { readFileSync } from 'node:fs';

import { afterAll, beforeAll, expect, it } from 'vitest';

import type { PlannedTrial } from '../../../src/plan/plan.js';
import { findNamedQuery } from '../../../src/store/query/named-queries.js';
import { openQueries, type QueryConnection } from '../../../src/store/query/query-database.js';
import { openStore } from '../../../src/store/write/sqlite-store.js';
import * as sample from '../sample-sweep.js';

/*
 * A sweep over weight bits 8 and 4. With 4 bits conv1 loses 10 times as much, and static alpha is
 * behind dynamic.
 */
let queries: QueryConnection;

function withBits(planned: PlannedTrial, bits: number, position: number): PlannedTrial {
  const { quantization } = planned.settings;
  return {
    ...planned,
    position,
    key: `${planned.key}-${bits}`,
    label: `${planned.label}, ${bits} bits`,
    unsmoothedKey: `${planned.unsmoothedKey ?? ''}-${bits}`,
    settings: {
      ...planned.settings,
      quantization: quantization && { ...quantization, weight: { ...quantization.weight, bits } },
    },
  };
}

function withSettings(planned: PlannedTrial, key: string, settings: Partial<PlannedTrial['settings']>): PlannedTrial {
  return { ...planned, key, label: key, settings: { ...planned.settings, ...settings } };
}

beforeAll(() => {
  const path = sample.temporaryDatabase();
  const store = openStore(path);
  const { fp32, unsmoothed, static: smoothed, dynamic } = sample.trials;
  const view = withSettings(smoothed, 'view-200', {
    smoothing: { mode: 'static', alpha: 0.5, absmax: 'view', apply: 'insert' },
  });
  const long = withSettings(smoothed, 'static-1500', {
    calibration: smoothed.settings.calibration && { ...smoothed.settings.calibration, batches: 1500 },
  });
  const right = (count: number) => Array.from({ length: count }, (_, index) => index);
  const trials = [8, 4].flatMap((bits, group) =>
    [unsmoothed, smoothed, dynamic, view, long].map((one, index) => withBits(one, bits, 1 + 5 * group + index)),
  );
  store.beginSweep(sample.experiment, { ...sample.plan, trials: [fp32, ...trials] }, [sample.model], sample.machine);
  store.finishObserve('observe', sample.model.sha256, [200, 1500].map(sample.observation));
  store.finishReference('reference', sample.model.sha256, sample.reference);
  store.finishSearch('search', sample.model.sha256, sample.search);
  sample.finish(store, fp32, sample.fp32Record);
  // unsmoothed, static, dynamic, view and 1500 batches: samples right with 8 and with 4 bits.
  const counts = [9, 8, 7, 6, 7, 2, 3, 4, 1, 5];
  trials.forEach((planned, index) => {
    const l1 = index < 5 ? 0.02 : 0.2;
    sample.finish(store, planned, sample.quantizedRecord(right(counts[index]!), l1, index % 5 === 0 ? null : 0.5));
  });
  store.refreshComparisons('tiny');
  store.close();
  queries = openQueries(path);
});

afterAll(() => {
  queries.close();
});

function named(name: string) {
  const { sql, parameters } = findNamedQuery(name)!;
  const defaults = Object.fromEntries(parameters.map((parameter) => [parameter.name, parameter.default]));
  const { columns, rows } = queries.query(sql, { sweep: 'tiny', ...defaults });
  return rows.map((row) => Object.fromEntries(columns.map((column, index) => [column, row[index]])));
}

const close = (value: number): unknown => expect.closeTo(value, 12);

it('static-against-dynamic pairs trials of equal bits', () => {
  const rows = named('static-against-dynamic').filter((row) => row['absmax'] === 'channel');
  expect(rows).toMatchObject([
    { model: 'tiny.onnx', weight_bits: 4, static_value: 0.3, dynamic_value: 0.4, difference: close(-0.1) },
    { model: 'tiny.onnx', weight_bits: 8, static_value: 0.8, dynamic_value: 0.7, difference: close(0.1) },
  ]);
});

it('comparisons pair trials that are equal in every other setting, also those without a column', () => {
  const path = sample.temporaryDatabase();
  const store = openStore(path);
  const { fp32, static: smoothed, dynamic } = sample.trials;
  const make = (calibrator: 'max' | 'mse', batches: number, base: PlannedTrial, position: number): PlannedTrial => {
    const { quantization, calibration } = base.settings;
    const activation = { ...quantization!.activation, calibrator };
    const key = `${base.key}-${calibrator}-${batches}`;
    return {
      ...withSettings(base, key, {
        quantization: { ...quantization!, activation },
        calibration: { ...calibration!, batches },
      }),
      position,
    };
  };
  // Right of 10: static 200 max, mse; 1500 max, mse; dynamic 200 max, mse.
  const trials = [
    make('max', 200, smoothed, 1),
    make('mse', 200, smoothed, 2),
    make('max', 1500, smoothed, 3),
    make('mse', 1500, smoothed, 4),
    make('max', 200, dynamic, 5),
    make('mse', 200, dynamic, 6),
  ];
  store.beginSweep(sample.experiment, { ...sample.plan, trials: [fp32, ...trials] }, [sample.model], sample.machine);
  store.finishObserve('observe', sample.model.sha256, [200, 1500].map(sample.observation));
  store.finishReference('reference', sample.model.sha256, sample.reference);
  store.finishSearch('search', sample.model.sha256, sample.search);
  sample.finish(store, fp32, sample.fp32Record);
  for (const [index, count] of [2, 8, 5, 9, 6, 4].entries()) {
    const right = Array.from({ length: count }, (_, sample_) => sample_);
    sample.finish(store, trials[index]!, sample.quantizedRecord(right, 0.1, 0.5));
  }
  store.close();
  const own = openQueries(path);
  const rows = (name: string, columns: readonly string[]): unknown[][] => {
    const result = own.query(findNamedQuery(name)!.sql, { sweep: 'tiny' });
    return result.rows.map((row) => columns.map((column) => row[result.columns.indexOf(column)]));
  };
  expect(rows('calibration-size', ['small_value', 'large_value']).sort()).toEqual([
    [0.2, 0.5],
    [0.8, 0.9],
  ]);
  expect(rows('static-against-dynamic', ['static_value', 'dynamic_value']).sort()).toEqual([
    [0.2, 0.6],
    [0.8, 0.4],
  ]);
  own.close();
});

it('calibration-size and absmax-method pair trials of equal bits', () => {
  expect(named('calibration-size')).toMatchObject([
    { weight_bits: 4, small_value: 0.3, large_value: 0.5 },
    { weight_bits: 8, small_value: 0.8, large_value: 0.7 },
  ]);
  expect(named('absmax-method')).toMatchObject([
    { weight_bits: 4, channel_value: 0.3, view_value: 0.1 },
    { weight_bits: 8, channel_value: 0.8, view_value: 0.6 },
  ]);
});

it('best-alpha-by-layer has a row for each layer, size, absmax and bits', () => {
  const rows = named('best-alpha-by-layer').filter((row) => row['layer'] === 'conv1');
  expect(rows.map((row) => [row['calibration_batches'], row['absmax'], row['weight_bits'], row['l1']])).toEqual([
    [200, 'channel', 4, 0.2],
    [200, 'channel', 8, 0.02],
    [200, 'view', 4, 0.2],
    [200, 'view', 8, 0.02],
    [1500, 'channel', 4, 0.2],
    [1500, 'channel', 8, 0.02],
  ]);
});

it('the default trial is the best candidate, also where unsmoothed is higher', () => {
  const loss = named('worst-layers')[0];
  expect(loss).toMatchObject({ layer: 'conv1', layer_alpha: 0.5 });
  expect(named('best').slice(0, 2)).toMatchObject([
    { role: 'unsmoothed', value: 0.9 },
    { role: 'candidate', value: 0.8 },
  ]);
});

it('the cookbook sets each layer against the unsmoothed trial of its own bits, once', () => {
  const text = readFileSync(new URL('../../../docs/SCHEMA.md', import.meta.url), 'utf8');
  const sql = /What each layer gains or loses[^`]*```sql\n([^`]*)```/.exec(text)![1]!;
  const trial = queries.query(`SELECT trial FROM v_trial WHERE label LIKE 'static alpha=0.5%' AND weight_bits = 4`)
    .rows[0]![0] as number;
  const { rows } = queries.query(sql, { sweep: 'tiny', trial });
  expect(rows.map((row) => row.slice(2))).toEqual([
    ['conv1', 0.2, 0.2, 1],
    ['conv2', 0.01, 0.01, 1],
  ]);
});
