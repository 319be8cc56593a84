import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { namedQueries } from '../../src/store/query/named-queries.js';
import { openQueries, type QueryConnection } from '../../src/store/query/query-database.js';
import { openStore } from '../../src/store/write/sqlite-store.js';
import * as sample from './sample-sweep.js';

describe('views and named queries on a hand-made sweep', () => {
  let queries: QueryConnection;
  const rows = (sql: string) => queries.query(sql).rows;
  const named = (name: string, parameters = {}) => {
    const query = namedQueries.find((candidate) => candidate.name === name)!;
    const defaults = Object.fromEntries(query.parameters.map((parameter) => [parameter.name, parameter.default]));
    return queries.query(query.sql, { sweep: 'tiny', ...defaults, ...parameters }).rows;
  };

  beforeAll(() => {
    const path = sample.temporaryDatabase();
    const store = openStore(path);
    sample.fill(store);
    store.close();
    queries = openQueries(path);
  });
  afterAll(() => {
    queries.close();
  });

  it('v_trial sets each trial against FP32 and unsmoothed', () => {
    const found = queries.query(
      `SELECT label, status, value, fp32_value, gap_to_fp32, unsmoothed_value, gain_over_unsmoothed, mean_l1, mean_rel_l1
       FROM v_trial WHERE sweep = ? ORDER BY position`,
      ['tiny'],
    ).rows;
    expect(found.map(([label, status]) => [label, status])).toEqual([
      ['FP32', 'done'],
      ['unsmoothed, 200 batches', 'done'],
      ['static alpha=0.5, 200 batches', 'done'],
      ['static alpha=0.5, 1500 batches', 'failed'],
      ['dynamic alpha, 200 batches', 'done'],
    ]);
    const [, , value, fp32, gap, unsmoothed, gain, l1, relL1] = found[2] as number[];
    expect([value, fp32, unsmoothed]).toEqual([0.8, 0.9, 0.2]);
    expect(gap).toBeCloseTo(-0.1, 12);
    expect(gain).toBeCloseTo(0.6, 12);
    expect(l1).toBeCloseTo(0.015, 12); // (0.02 + 0.01) / 2
    expect(relL1).toBeCloseTo(0.04, 12); // conv2 has none
  });

  it('v_amax gives the ratio of amax after to before smoothing', () => {
    expect(rows(`SELECT layer, role, layer_alpha, amax, ratio FROM v_amax WHERE trial = 3 ORDER BY role`)).toEqual([
      ['conv1', 'input', 0.5, 2, 0.25],
      ['conv1', 'weight', 0.5, 8, 4],
    ]);
  });

  it('v_channel joins statistics and s by channel', () => {
    const columns = 'layer, channel, act_absmax, weight_absmax, s, act_absmax_smoothed, weight_absmax_smoothed';
    expect(rows(`SELECT ${columns} FROM v_channel WHERE trial = 3 ORDER BY position, channel`)).toEqual([
      ['conv1', 0, Math.sqrt(200), 0.5, 2, Math.sqrt(200) / 2, 1],
      ['conv1', 1, 8, 2, 4, 2, 8],
      ['conv2', 0, 4, 1, 1, 4, 1],
    ]);
  });

  it('v_amax_convergence relates each prefix to the largest amax', () => {
    const share = (batches: number) => Math.max(Math.sqrt(batches), 8) / Math.sqrt(1500);
    expect(
      rows(`SELECT batches, layer, share_of_largest FROM v_amax_convergence WHERE sweep = 'tiny' ORDER BY 2, 1`),
    ).toEqual([
      [1, 'conv1', share(1)],
      [200, 'conv1', share(200)],
      [1500, 'conv1', 1],
      [1, 'conv2', 1],
      [200, 'conv2', 1],
      [1500, 'conv2', 1],
    ]);
  });

  it('v_smoothing summarizes s', () => {
    expect(
      rows(`SELECT layer, s_min, s_max, s_geomean, dead_channels FROM v_smoothing WHERE trial = 3 ORDER BY position`),
    ).toEqual([
      ['conv1', 2, 4, expect.closeTo(Math.sqrt(8), 12), 0],
      ['conv2', 1, 1, 1, 1],
    ]);
  });

  it('v_layer lists the layers once', () => {
    expect(rows(`SELECT layer, op, input_channels, model FROM v_layer WHERE sweep = 'tiny' ORDER BY position`)).toEqual(
      [
        ['conv1', 'Conv', 2, 'tiny.onnx'],
        ['conv2', 'Conv', 1, 'tiny.onnx'],
      ],
    );
  });

  it('v_graph_node lists the nodes of the model, layers with their positions', () => {
    expect(
      rows(`SELECT node, name, op, position, layer, shape FROM v_graph_node WHERE sweep = 'tiny' ORDER BY node`),
    ).toEqual([
      [0, 'image', 'Input', null, null, '["N",2,8,8]'],
      [1, 'conv1', 'Conv', 0, 'conv1', null],
      [2, 'relu', 'Relu', null, null, null],
      [3, 'conv2', 'Conv', 1, 'conv2', null],
      [4, 'add', 'Add', null, null, null],
      [5, 'logits', 'Output', null, null, '["N",4]'],
    ]);
  });

  it('v_graph_edge lists the tensors between them', () => {
    expect(
      rows(
        `SELECT from_node, to_node, tensor FROM v_graph_edge WHERE sweep = 'tiny' AND from_node = 2 ORDER BY to_node`,
      ),
    ).toEqual([
      [2, 3, 'relu_out'],
      [2, 4, 'relu_out'],
    ]);
  });

  it('v_comparison holds McNemar tests against FP32, unsmoothed and the best', () => {
    // Unsmoothed is right at 0 and 9, static at 0..7, FP32 at 0..8: 7 of 8 discordant pairs one way
    // and 1 the other.
    const p = (2 * (1 + 8)) / 2 ** 8;
    const columns = 'other_label, method, only_trial, only_other, p_value, significant';
    expect(
      rows(`SELECT against, ${columns} FROM v_comparison WHERE sweep = 'tiny' AND trial = 3 ORDER BY against`),
    ).toEqual([
      ['fp32', 'FP32', 'mcnemar', 0, 1, 1, 0],
      ['unsmoothed', 'unsmoothed, 200 batches', 'mcnemar', 7, 1, expect.closeTo(p, 12), 0],
    ]);
    expect(rows(`SELECT label, difference FROM v_comparison WHERE against = 'best' ORDER BY difference`)).toEqual([
      ['unsmoothed, 200 batches', expect.closeTo(-0.6, 12)],
      ['dynamic alpha, 200 batches', expect.closeTo(-0.1, 12)],
      ['FP32', expect.closeTo(0.1, 12)],
    ]);
  });

  it('v_sweep counts trials by status', () => {
    expect(rows('SELECT sweep, trials, done, failed, pending FROM v_sweep')).toEqual([['tiny', 5, 4, 1, 0]]);
  });

  it('best names the best trial and its distance from the baselines', () => {
    const found = named('best');
    expect(found.map((row) => row.slice(1, 3))).toEqual([
      ['static alpha=0.5, 200 batches', 'candidate'],
      ['dynamic alpha, 200 batches', 'candidate'],
      ['unsmoothed, 200 batches', 'unsmoothed'],
    ]);
    expect(found[0]?.at(-1)).toBe('inside the noise');
    expect(named('best', { limit: 1 })).toHaveLength(1);
  });

  it('static-against-dynamic, chosen-alphas, worst-layers and failed answer their questions', () => {
    expect(named('static-against-dynamic')).toEqual([
      [
        'tiny.onnx',
        8,
        8,
        'channel',
        'channel',
        200,
        0.5,
        0.8,
        0.7,
        expect.closeTo(0.1, 12),
        0.9,
        'static alpha=0.5, 200 batches',
        'dynamic alpha, 200 batches',
      ],
    ]);
    expect(named('chosen-alphas').map((row) => row.slice(3, 5))).toEqual([
      ['conv1', 0.7],
      ['conv2', 0.3],
    ]);
    expect(named('worst-layers').map((row) => row[1])).toEqual(['conv1', 'conv2']);
    expect(named('failed').map((row) => [row[2], row.at(-1)])).toEqual([
      ['static alpha=0.5, 1500 batches', 'error 0.1 > 0.001'],
    ]);
  });

  it.each(namedQueries.map((query) => [query.name]))('named query %s runs', (name) => {
    expect(() => named(name)).not.toThrow();
  });
});

describe('views at scale', () => {
  it.each(
    [
      'v_trial',
      'v_accuracy_by_alpha',
      'v_accuracy',
      'v_layer_loss',
      'v_amax',
      'v_amax_convergence',
      'v_channel',
      'v_smoothing',
      'v_layer',
      'v_graph_node',
      'v_graph_edge',
      'v_search_curve',
      'v_comparison',
      'v_execution',
      'v_tensor_quantizer',
      'v_quantizer',
      'v_deployment',
      'v_deployed_operator',
      'v_stage',
      'v_sweep',
      'v_numerics_class',
    ].map((view) => [view]),
  )('%s filtered by sweep scans no table', (view) => {
    const path = sample.temporaryDatabase();
    openStore(path).close();
    const queries = openQueries(path);
    const plan = queries
      .query(`EXPLAIN QUERY PLAN SELECT * FROM ${view} WHERE sweep = 'tiny'`)
      .rows.map((row) => String(row[3]));
    queries.close();
    // json_each and the rows of a co-routine or subquery have no index to be searched by.
    const scans = plan.filter(
      (step) => step.startsWith('SCAN ') && !/VIRTUAL TABLE|CONSTANT|^SCAN \(?v_|^SCAN \(subquery/.test(step),
    );
    expect(scans).toEqual([]);
  });
});
