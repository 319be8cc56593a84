import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { serialize } from 'node:v8';

import { beforeEach, describe, expect, it } from 'vitest';

import { mergeDatabases } from '../../../src/api/merge-databases.js';
import { MergeConflictError, MixedClassesError } from '../../../src/store/merge/merge-conflict.js';
import { openStore } from '../../../src/store/write/sqlite-store.js';
import { temporaryFolder } from '../../cli/command-line.js';
import * as sample from '../sample-sweep.js';
import {
  change,
  contents,
  database,
  fail,
  finish,
  firstShard,
  inOrder,
  refusal,
  rows,
  secondShard,
  shards,
  states,
} from './shard-databases.js';

let folder: string;
let all: string;
beforeEach(() => {
  folder = temporaryFolder();
  all = join(folder, 'all.db');
});

describe('results that differ', () => {
  const changed: readonly (readonly [column: string, sql: string])[] = [
    ['accuracy.value', `UPDATE accuracy SET value = 0.75 WHERE trial_id = (SELECT id FROM trial WHERE key = 'fp32')`],
    ['accuracy', `DELETE FROM accuracy WHERE trial_id = (SELECT id FROM trial WHERE key = 'fp32')`],
    [
      'sample_outcome.data',
      `UPDATE sample_outcome SET data = x'ff03' WHERE trial_id = (SELECT id FROM trial WHERE key = 'fp32')`,
    ],
    ['trial.evaluation_samples', `UPDATE trial SET evaluation_samples = 11 WHERE key = 'fp32'`],
    [
      'stage.result',
      `UPDATE stage SET result = (SELECT result FROM stage WHERE kind = 'search') WHERE kind = 'reference'`,
    ],
    ['observation.samples', 'UPDATE observation SET samples = 801 WHERE batches = 200'],
    ['observation', 'DELETE FROM observation WHERE batches = 1'],
    ['channel_stat.act_max', 'UPDATE channel_stat SET act_max = act_max * (1 + 2e-16) WHERE channel = 0'],
    ['amax_snapshot.amax', 'UPDATE amax_snapshot SET amax = 9 WHERE amax = 8'],
    ['weight_stat.weight_absmax', 'UPDATE weight_stat SET weight_absmax = 0.25 WHERE weight_absmax = 0.5'],
    ['layer.op', `UPDATE layer SET op = 'Gemm' WHERE name = 'conv2'`],
    ['model.parameters', 'UPDATE model SET parameters = 251'],
  ];

  it.each(changed)('in %s are named, and nothing is merged', async (column, sql) => {
    const [one, other] = shards(folder);
    await mergeDatabases([one], all);
    const before = contents(all);
    change(other, sql);
    const error = await refusal([other], all);
    const conflicts = error instanceof MergeConflictError ? error.conflicts : [];
    expect(conflicts.flatMap(({ differences: found }) => found.map((d) => d.column))).toContain(column);
    for (const { between } of conflicts) expect(between).toEqual([all, other]);
    expect(contents(all)).toEqual(before);
  });

  const ofTrial: readonly (readonly [column: string, sql: string])[] = [
    ['layer_loss.l1', 'UPDATE layer_loss SET l1 = l1 * (1 + 2e-16)'],
    ['trial_loss.l1', 'UPDATE trial_loss SET l1 = 7'],
    ['trial_coverage.layers', 'UPDATE trial_coverage SET layers = 3'],
    ['quantizer.scale', 'UPDATE quantizer SET scale = 1'],
    ['smoothing.s', `UPDATE smoothing SET s = '[2,5]' WHERE s = '[2,4]'`],
    ['trial.output_divergence', 'UPDATE trial SET output_divergence = 0.25 WHERE output_divergence = 0.125'],
    ['search_curve.loss', 'UPDATE search_curve SET loss = 0.5 WHERE alpha = 0.3'],
  ];

  it.each(ofTrial)('of a trial in %s are named', async (column, sql) => {
    const one = database(folder, 'one.db', secondShard);
    const other = database(folder, 'other.db', secondShard);
    change(other, sql);
    const error = await refusal([one, other], all);
    expect(error.message).toContain(`${column} (`);
  });

  it('are told with label, key, values and both databases, of every trial and stage', async () => {
    const one = database(folder, 'one.db', inOrder(firstShard, finish.search, finish.dynamic));
    const other = database(folder, 'other.db', secondShard);
    change(other, `UPDATE accuracy SET value = 0.8 WHERE value = 0.7`);
    change(other, `UPDATE search_curve SET loss = 0.5 WHERE alpha = 0.3`);
    const { message } = await refusal([one, other], all);
    expect(message).toBe(
      `2 conflicts, so nothing was merged and ${all} is as it was.
  the search stage (key search) differs between ${one} and ${other}: search_curve.loss (layer conv1, sweep 0, alpha 0.3: 0.02, 0.5, and 1 more)
  trial "dynamic alpha, 200 batches" (key dynamic-200) differs between ${one} and ${other}: accuracy.value (metric top1: 0.7, 0.8)
Equal work has equal bits on machines of one numerics class. Leave out the database that is wrong, or run its shard again.`,
    );
  });

  it('leave no file where there was none', async () => {
    const [one, other] = shards(folder);
    change(other, `UPDATE accuracy SET value = 0.75`);
    await refusal([one, other], all);
    expect(readdirSync(folder).filter((name) => name.startsWith('all'))).toEqual([]);
  });

  it('are none where only times, places and wordings differ', async () => {
    const [one, other] = shards(folder);
    await mergeDatabases([one], all);
    change(other, `UPDATE trial SET duration_ms = 1, finished_at = '2030'`);
    change(other, `UPDATE stage SET duration_ms = 1, finished_at = '2030'`);
    change(other, `UPDATE model SET path = '/elsewhere/x.onnx', name = 'x.onnx'`);
    change(other, `UPDATE layer SET unsupported = 'other words'`);
    await mergeDatabases([other], all);
    expect(states(all)).toMatchObject({ 'dynamic-200': 'done' });
  });

  it('are none where the same result is in other bytes', async () => {
    const [one, other] = shards(folder);
    await mergeDatabases([one], all);
    const { argmax, provider, evaluation } = sample.reference;
    const [[before]] = rows(other, `SELECT hex(result) FROM stage WHERE kind = 'reference'`) as [[string]];
    const turned = serialize({ argmax, evaluation, provider });
    expect(turned.toString('hex').toUpperCase()).not.toBe(before);
    change(other, `UPDATE stage SET result = ? WHERE kind = 'reference'`, turned);
    await mergeDatabases([other], all);
    expect(states(all)).toMatchObject({ 'dynamic-200': 'done' });
  });
});

describe('two sweeps of one name', () => {
  it('are refused where their trials differ', async () => {
    const [one] = shards(folder);
    const other = join(folder, 'other.db');
    const store = openStore(other);
    const { trials, ...rest } = sample.plan;
    store.beginSweep(
      sample.experiment,
      { ...rest, trials: trials.slice(0, 2), key: 'other-key' },
      [sample.model],
      sample.machine,
    );
    store.close();
    const { message } = await refusal([one, other], all);
    expect(message).toContain(
      `sweep "tiny" differs between ${one} and ${other}: sweep.key (sweep-key, other-key: its trials are others.`,
    );
  });

  it('began with the first of them', async () => {
    const [one, other] = shards(folder);
    change(other, `UPDATE sweep SET created_at = '2020-01-01T00:00:00.000Z'`);
    change(one, `UPDATE sweep SET updated_at = '2040-01-01T00:00:00.000Z'`);
    await mergeDatabases([one, other], all);
    expect(rows(all, 'SELECT created_at, updated_at FROM sweep')).toEqual([
      ['2020-01-01T00:00:00.000Z', '2040-01-01T00:00:00.000Z'],
    ]);
  });
});

describe('numerics classes', () => {
  const [a, b] = ['cpu-aaaaaaaaaaaa', 'cpu-bbbbbbbbbbbb'];

  it('of different work are not mixed without consent', async () => {
    const one = database(folder, 'one.db', inOrder(finish.reference, finish.observe, finish.fixed), {
      numericsClass: a,
    });
    const other = database(folder, 'other.db', fail, { numericsClass: b });
    const store = openStore(other);
    store.beginSweep(sample.experiment, sample.plan, [sample.model], { ...sample.machine, numericsClass: b });
    finish.observe(store);
    finish.unsmoothed(store);
    store.close();
    change(other, 'UPDATE stage SET numerics_class = NULL');
    const error = await refusal([one, other], all);
    expect(error).toBeInstanceOf(MixedClassesError);
    expect(error.message).toContain(`  ${one}: ${a}\n  ${other}: ${b}\n`);
    expect(error.message).toContain('--mix-classes');
    expect(existsSync(all)).toBe(false);

    await mergeDatabases([one, other], all, { mixClasses: true });
    expect(rows(all, `SELECT key, numerics_class FROM trial WHERE status = 'done' ORDER BY key`)).toEqual([
      ['static-200', a],
      ['unsmoothed-200', b],
    ]);
    // It was allowed once, so more of either may come.
    expect((await mergeDatabases([one], all)).changed).toBe(false);
  });

  it('of the same work have to be equal', async () => {
    const one = database(folder, 'one.db', firstShard, { numericsClass: a });
    const other = database(folder, 'other.db', firstShard, { numericsClass: b });
    const { message } = await refusal([one, other], all);
    expect(message).toContain(`trial "static alpha=0.5, 200 batches" (key static-200) differs between`);
    expect(message).toContain(`trial.numerics_class (${a}, ${b})`);
    const turned = join(folder, 'turned.db');
    await mergeDatabases([one, other], all, { mixClasses: true });
    await mergeDatabases([other, one], turned, { mixClasses: true });
    const classes = 'SELECT key, numerics_class FROM trial ORDER BY key';
    expect(rows(turned, classes)).toEqual(rows(all, classes));
  });

  it('do not allow other results, whatever may be mixed', async () => {
    const one = database(folder, 'one.db', firstShard, { numericsClass: a });
    const other = database(folder, 'other.db', firstShard, { numericsClass: b });
    change(other, 'UPDATE accuracy SET value = 0.75');
    expect(await refusal([one, other], all, { mixClasses: true })).toBeInstanceOf(MergeConflictError);
  });

  it('that are not known agree with any, and are learned', async () => {
    const one = database(folder, 'one.db', firstShard, { numericsClass: null });
    const other = database(folder, 'other.db', firstShard, { numericsClass: b });
    await mergeDatabases([one, other], all);
    expect(rows(all, `SELECT DISTINCT numerics_class FROM trial WHERE status = 'done' AND role <> 'fp32'`)).toEqual([
      [b],
    ]);
  });
});
