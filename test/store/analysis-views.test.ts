import type { Database } from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Connection } from '../../src/store/file/connection.js';
import { openDatabase } from '../../src/store/file/open-database.js';
import { summarizeTrial } from '../../src/store/write/summarize-trial.js';
import { temporaryDatabase } from './sample-sweep.js';

let database: Database;
let trials = 0;

beforeEach(() => {
  trials = 0;
  database = openDatabase(temporaryDatabase());
  database.exec(`
    INSERT INTO sweep (id, name, key, experiment_path, experiment_yaml, axes, created_at, updated_at) VALUES (1, 's', 'k', 'p', '', '[]', '', '');
    INSERT INTO model (id, sha256, name, path, size_bytes, opset, parameters) VALUES (1, 'm', 'm.onnx', 'm.onnx', 1, 13, 1);
    INSERT INTO layer (id, model_id, position, name, op, input_tensor, output_tensor, weight_shape, groups, input_channels, output_channels)
      VALUES (1, 1, 0, 'a', 'Conv', 'x', 'y', '[2,3,1,1]', 1, 3, 2), (2, 1, 1, 'b', 'Conv', 'y', 'z', '[1,2,3,3]', 1, 2, 1);`);
});
afterEach(() => {
  database.close();
});

interface Given {
  readonly role?: string;
  readonly value: number;
  readonly quantized?: readonly number[];
  readonly sensitivity?: 'only' | 'allBut';
  readonly focus?: string;
  readonly divergence?: number | null;
  readonly losses?: readonly number[];
  readonly seed?: number;
  readonly amax?: readonly number[];
  readonly alpha?: number;
}

/** A finished trial; `losses` are accumulated l1 by layer. */
function add(given: Given): number {
  const id = ++trials;
  const role = given.role ?? (given.sensitivity === undefined ? 'candidate' : 'sensitivity');
  const settings = {
    role,
    calibration: { sampleSeed: given.seed ?? null },
    layers: { sensitivity: given.sensitivity ?? 'none', focus: given.focus ?? '*' },
  };
  database
    .prepare(
      `INSERT INTO trial (id, key, role, status, model_id, fp32_key, settings, alpha_mode, activation_bits, weight_bits, sensitivity, focus_layer,
         keep_float, primary_metric, output_divergence, calibration_seed)
       VALUES (?, ?, ?, 'done', 1, 'key1', ?, 'none', 8, 8, ?, ?, 0, 'top1', ?, ?)`,
    )
    .run(
      id,
      `key${id}`,
      role,
      JSON.stringify(settings),
      given.sensitivity ?? null,
      given.focus ?? null,
      given.divergence ?? null,
      given.seed ?? null,
    );
  database.prepare(`INSERT INTO sweep_trial VALUES (1, ?, ?, ?, '{}')`).run(id, id, `trial ${id}`);
  database.prepare(`INSERT INTO accuracy (trial_id, metric, value) VALUES (?, 'top1', ?)`).run(id, given.value);
  const quantizer = database.prepare(
    `INSERT INTO quantizer (trial_id, layer_id, role, granularity, bits, signed, amax, amax_unsmoothed, scale, zero_point)
     VALUES (?, ?, ?, 'tensor', 8, 1, ?, 1, 1, 0)`,
  );
  const smoothing = database.prepare(
    `INSERT INTO smoothing (trial_id, layer_id, alpha, apply, s_min, s_max, s_geomean, dead_channels, s) VALUES (?, ?, ?, 'insert', 1, 1, 1, 0, '[]')`,
  );
  for (const [index, layer] of (given.quantized ?? []).entries()) {
    for (const role_ of ['input', 'weight']) quantizer.run(id, layer, role_, given.amax?.[index] ?? 1);
    smoothing.run(id, layer, given.alpha ?? null);
  }
  const loss = database.prepare(`INSERT INTO layer_loss VALUES (?, ?, 'accumulated', ?, NULL, 1, NULL, NULL, 1)`);
  for (const [index, l1] of (given.losses ?? []).entries()) loss.run(id, index + 1, l1);
  summarizeTrial(new Connection(database), id);
  return id;
}

const rows = (sql: string): unknown[] => database.prepare(sql).raw().all();

describe('v_sensitivity', () => {
  it('has for each layer the drop of quantizing it alone and the gain of leaving it alone in float', () => {
    add({ role: 'fp32', value: 0.9 });
    const whole = add({ value: 0.6, quantized: [1, 2] });
    add({ value: 0.85, sensitivity: 'only', focus: 'a', divergence: 0.01 });
    add({ value: 0.65, sensitivity: 'only', focus: 'b', divergence: 0.3 });
    add({ value: 0.62, sensitivity: 'allBut', focus: 'a' });
    add({ value: 0.84, sensitivity: 'allBut', focus: 'b' });
    const found = rows(
      `SELECT layer, whole_trial, round(drop_only, 6), round(gain_all_but, 6), rank FROM v_sensitivity WHERE sweep = 's' ORDER BY position`,
    );
    expect(found).toEqual([
      ['a', whole, 0.05, 0.02, 2],
      ['b', whole, 0.25, 0.24, 1],
    ]);
  });

  it('leaves out what was not run', () => {
    add({ role: 'fp32', value: 0.9 });
    add({ value: 0.85, sensitivity: 'only', focus: 'a' });
    expect(rows('SELECT layer, whole_value, round(drop_only, 6), gain_all_but, rank FROM v_sensitivity')).toEqual([
      ['a', null, 0.05, null, null],
    ]);
  });

  it('numbers settings that no trial of all layers tells apart', () => {
    add({ role: 'fp32', value: 0.9 });
    for (const [index, value] of [0.85, 0.7].entries()) {
      const id = add({ value, sensitivity: 'only', focus: 'a' });
      database
        .prepare(`UPDATE trial SET settings = json_set(settings, '$.smoothing.alpha', ?) WHERE id = ?`)
        .run(index, id);
    }
    const found = rows('SELECT setting, layer, whole_trial, only_value FROM v_sensitivity ORDER BY setting');
    expect(found).toEqual([
      [1, 'a', null, 0.85],
      [2, 'a', null, 0.7],
    ]);
  });
});

describe('v_pareto', () => {
  it('counts float layers and their weights, and tells the front', () => {
    add({ role: 'fp32', value: 0.9 });
    add({ value: 0.6, quantized: [1, 2] });
    add({ value: 0.5, quantized: [1, 2] });
    add({ value: 0.8, quantized: [1], sensitivity: 'allBut', focus: 'b' });
    add({ value: 0.6, quantized: [2], sensitivity: 'allBut', focus: 'a' });
    add({ value: 0.89, quantized: [1], sensitivity: 'only', focus: 'a' });
    // Weights: a has 6, b has 18 of 24. A float layer more for no more value is not on the front.
    expect(
      rows('SELECT trial, float_layers, layers, float_weight_share, on_front FROM v_pareto ORDER BY trial'),
    ).toEqual([
      [2, 0, 2, 0, 1],
      [3, 0, 2, 0, 0],
      [4, 1, 2, 0.75, 1],
      [5, 1, 2, 0.25, 0],
    ]);
  });
});

/** Spearman's rho by its definition: Pearson's correlation of mean ranks. */
function spearman(a: readonly number[], b: readonly number[]): number {
  const ranks = (values: readonly number[]): number[] =>
    values.map((v) => values.filter((o) => o < v).length + (values.filter((o) => o === v).length + 1) / 2);
  const [x, y] = [ranks(a), ranks(b)];
  const mean = (values: readonly number[]): number => values.reduce((p, q) => p + q, 0) / values.length;
  const [mx, my] = [mean(x), mean(y)];
  const cov = mean(x.map((v, i) => (v - mx) * (y[i]! - my)));
  return cov / Math.sqrt(mean(x.map((v) => (v - mx) ** 2)) * mean(y.map((v) => (v - my) ** 2)));
}

describe('v_proxy_fidelity', () => {
  it('is the rank correlation of each loss with the value, turned so that 1 is best, ties at their mean rank', () => {
    const values = [0.5, 0.7, 0.7, 0.8, 0.9, 0.6];
    const l1 = [5, 4, 2, 2, 1, 3];
    const divergences = [0.9, 0.5, 0.6, 0.2, 0.1, 0.2];
    add({ role: 'fp32', value: 0.95, divergence: 0 });
    values.forEach((value, i) => add({ value, losses: [l1[i]!, 0], divergence: divergences[i]! }));
    add({ value: 0.1, losses: [0, 0], divergence: 0, sensitivity: 'only', focus: 'a' });
    const found = rows(
      `SELECT mode, loss, trials, rho, ci_low, ci_high FROM v_proxy_fidelity WHERE loss IN ('l1', 'divergence', 'mse') ORDER BY loss`,
    ) as [string, string, number, number | null, number | null, number | null][];
    const [divergence, mean, constant] = found;
    expect(divergence!.slice(0, 3)).toEqual(['output', 'divergence', 6]);
    expect(divergence![3]).toBeCloseTo(
      spearman(
        values,
        divergences.map((d) => -d),
      ),
      9,
    );
    const rho = spearman(
      values,
      l1.map((l) => -l),
    );
    expect(mean![3]).toBeCloseTo(rho, 9);
    const half = 1.959964 * Math.sqrt((1 + rho ** 2 / 2) / 3);
    expect(mean![4]).toBeCloseTo(Math.tanh(Math.atanh(rho) - half), 9);
    expect(mean![5]).toBeCloseTo(Math.tanh(Math.atanh(rho) + half), 9);
    // The same mse everywhere says nothing.
    expect(constant!.slice(3)).toEqual([null, null, null]);
  });

  it('is nothing below four trials, and of a perfect order as sure as the number of trials allows', () => {
    const rho = `SELECT rho, round(ci_low, 6), ci_high FROM v_proxy_fidelity WHERE loss = 'divergence'`;
    for (const value of [0.1, 0.2, 0.3]) add({ value, divergence: 1 - value });
    expect(rows(rho)).toEqual([[null, null, null]]);
    add({ value: 0.4, divergence: 0.6 });
    // Two neighbours of four exchanged: rho 0.8, z 1.098612, standard error sqrt(1.32):
    // tanh(1.098612 - 2.251844).
    expect(rows(rho)).toEqual([[1, -0.818816, 1]]);
    add({ value: 0.5, divergence: 0.5 });
    add({ value: 0.6, divergence: 0.4 });
    add({ value: 0.7, divergence: 0.3 });
    const inner = 1 - 12 / (343 - 7);
    const low = Math.tanh(Math.atanh(inner) - 1.959964 * Math.sqrt((1 + inner ** 2 / 2) / 4));
    expect(low).toBeGreaterThan(0.5);
    expect(rows(rho)).toEqual([[1, Number(low.toFixed(6)), 1]]);
  });

  it('of a reversed order ends at -1', () => {
    for (const value of [0.1, 0.2, 0.3, 0.4]) add({ value, divergence: value });
    expect(rows(`SELECT rho, ci_low, round(ci_high, 6) FROM v_proxy_fidelity WHERE loss = 'divergence'`)).toEqual([
      [-1, -1, 0.818816],
    ]);
  });

  it('compares trials that quantize the same number of layers: the most', () => {
    for (const value of [0.1, 0.2, 0.3, 0.4]) add({ value, quantized: [1, 2], losses: [1 - value, 1 - value] });
    // Float layers raise accuracy, and the mean loss of the one that is left.
    for (const value of [0.8, 0.9]) add({ value, quantized: [1], losses: [5] });
    expect(rows(`SELECT trials, rho FROM v_proxy_fidelity WHERE loss = 'l1'`)).toEqual([[4, 1]]);
  });
});

describe('v_calibration_noise', () => {
  it('is the spread of ranges, alphas and values over the seeds of otherwise equal trials', () => {
    add({ role: 'fp32', value: 0.9 });
    add({ value: 0.7, seed: 1, quantized: [1], amax: [2], alpha: 0.3 });
    add({ value: 0.8, seed: 2, quantized: [1], amax: [4], alpha: 0.5 });
    add({ value: 0.75, quantized: [1], amax: [100], alpha: 0.9 });
    expect(
      rows(
        `SELECT layer, seeds, amax_mean, round(amax_sd, 9), amax_min, amax_max, alpha_min, alpha_max, value_min, value_max FROM v_calibration_noise`,
      ),
    ).toEqual([['a', 2, 3, Number(Math.SQRT2.toFixed(9)), 2, 4, 0.3, 0.5, 0.7, 0.8]]);
  });
});
