import { readFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { deflateSync, inflateSync } from 'node:zlib';

import Database from 'better-sqlite3';
import { beforeEach, describe, expect, it } from 'vitest';

import { mergeDatabases } from '../../../src/api/merge-databases.js';
import { identifiedTables, leftOutTables, ownedTables } from '../../../src/store/merge/merged-tables.js';
import type { SweepStore } from '../../../src/store/store.js';
import { openStore } from '../../../src/store/write/sqlite-store.js';
import { temporaryFolder } from '../../cli/command-line.js';
import { differences, storedColumns } from '../../determinism/stored-rows.js';
import { moments, momentsPlan } from '../sample-moments.js';
import * as sample from '../sample-sweep.js';
import {
  change,
  contents,
  database,
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

describe('two shards', () => {
  it('are what one run would have stored', async () => {
    const whole = join(folder, 'whole.db');
    const store = openStore(whole);
    sample.fill(store);
    store.close();
    change(whole, `UPDATE trial SET failed_under = 'conditions' WHERE status = 'failed'`);
    const merged = await mergeDatabases(shards(folder), all);
    expect(differences(storedColumns(whole), storedColumns(all))).toEqual({});
    expect(differences(storedColumns(all), storedColumns(whole))).toEqual({});
    expect(merged).toMatchObject({
      ...{ database: all, changed: true, note: null },
      sweeps: [{ name: 'tiny', trials: 5, finished: 4, failed: 1 }],
    });
    expect(merged.sources.map(({ trials, stages, sweeps }) => [trials, stages, sweeps])).toEqual([
      [3, 2, 1],
      [1, 1, 0],
    ]);
  });

  it('give the same in either order, together or one after the other', async () => {
    const [one, other] = shards(folder);
    await mergeDatabases([one, other], all);
    const [turned, stepwise] = [join(folder, 'turned.db'), join(folder, 'stepwise.db')];
    await mergeDatabases([other, one], turned);
    await mergeDatabases([other], stepwise);
    await mergeDatabases([one], stepwise);
    for (const path of [turned, stepwise]) expect(differences(storedColumns(all), storedColumns(path))).toEqual({});
  });

  it('bring nothing new when they are merged again', async () => {
    const sources = shards(folder);
    await mergeDatabases(sources, all);
    const before = contents(all);
    const again = await mergeDatabases(sources, all);
    expect(again.changed).toBe(false);
    for (const { trials, stages, attempts } of again.sources) expect([trials, stages, attempts]).toEqual([0, 0, 0]);
    expect(contents(all)).toEqual(before);
  });

  it('bring nothing new where a merged database is merged with them', async () => {
    const sources = shards(folder);
    await mergeDatabases(sources, all);
    const other = join(folder, 'other.db');
    await mergeDatabases([...sources, all], other);
    expect(contents(other)['attempt']).toHaveLength(contents(all)['attempt']!.length);
    expect((await mergeDatabases([other], all)).changed).toBe(false);
  });

  it('give a graph to a model that the other one lacks it of, and keep one that is there', async () => {
    const [one, other] = shards(folder);
    for (const table of ['graph_edge', 'graph_node']) change(one, `DELETE FROM ${table}`);
    await mergeDatabases([one], all);
    expect(rows(all, 'SELECT * FROM v_graph_node')).toEqual([]);
    await mergeDatabases([other], all);
    const graph = `SELECT n.name, n.layer, e.tensor FROM v_graph_node n LEFT JOIN v_graph_edge e ON e.from_node = n.node ORDER BY 1, 3`;
    expect(rows(all, graph)).toEqual(rows(other, graph));
    expect(rows(all, graph)).toHaveLength(7);
    await mergeDatabases([one], all);
    expect(rows(all, graph)).toEqual(rows(other, graph));
  });

  it('learn of layers from each other what one did not find out, and differ where both did', async () => {
    const [one, other] = shards(folder);
    change(one, `UPDATE layer SET macs = NULL, parameters = 7 WHERE position = 0`);
    change(other, `UPDATE layer SET macs = 100 + position, parameters = NULL`);
    change(other, `UPDATE model SET stored_type = 'float16'`);
    await mergeDatabases([one], all);
    const merged = await mergeDatabases([other], all);
    expect(merged.changed).toBe(true);
    const found =
      'SELECT macs, l.parameters, stored_type FROM layer l JOIN model m ON m.id = model_id WHERE position = 0';
    expect(rows(all, found)).toEqual([[100, 7, 'float16']]);
    expect((await mergeDatabases([one, other], all)).changed).toBe(false);
    change(one, `UPDATE layer SET macs = 99 WHERE position = 0`);
    expect((await refusal([one], all)).message).toMatch(/layer\.macs \(name \S+: 100, 99\)/);
  });

  it('are not changed', async () => {
    const sources = shards(folder);
    const sums = (): readonly string[] =>
      sources.map((path) => createHash('sha256').update(readFileSync(path)).digest('hex'));
    const before = sums();
    await mergeDatabases(sources, all);
    expect(sums()).toEqual(before);
  });

  it('have their comparisons made anew, across databases', async () => {
    const [one, other] = shards(folder);
    expect(rows(other, `SELECT count(*) FROM comparison WHERE against = 'unsmoothed'`)).toEqual([[0]]);
    await mergeDatabases([one, other], all);
    expect(
      rows(all, `SELECT label, other_label FROM v_comparison WHERE against = 'unsmoothed' AND label LIKE 'dynamic%'`),
    ).toEqual([['dynamic alpha, 200 batches', 'unsmoothed, 200 batches']]);
    expect(rows(all, `SELECT label FROM v_place WHERE place = 1`)).toEqual([['static alpha=0.5, 200 batches']]);
  });

  it('bring their attempts and environments along, each once', async () => {
    const environment = { ...sample.environment, host: 'other' };
    const one = database(folder, 'shard1.db', firstShard);
    const other = database(folder, 'shard2.db', secondShard, { environment });
    await mergeDatabases([one, other], all);
    const attempts = `SELECT t.key, a.status, e.host FROM attempt a JOIN trial t ON t.id = a.trial_id JOIN environment e ON e.id = a.environment_id ORDER BY 1`;
    expect(rows(all, attempts)).toEqual([
      ['dynamic-200', 'done', 'other'],
      ['static-1500', 'failed', 'other'],
      ['static-200', 'done', 'box'],
      ['unsmoothed-200', 'done', 'box'],
    ]);
    expect(rows(all, 'SELECT count(*) FROM environment')).toEqual([[2]]);
  });
});

describe('a target that has results', () => {
  it('keeps its own sweeps, with the numbers of their trials', async () => {
    const name = 'own';
    const store = openStore(all);
    const own = { ...sample.trials.unsmoothed, key: 'own', label: 'own', position: 0 };
    store.beginSweep(
      { ...sample.experiment, name },
      { ...sample.plan, name, key: 'own-sweep', trials: [own] },
      [sample.model],
      sample.machine,
    );
    finish.observe(store);
    sample.finish(store, own, sample.quantizedRecord([1], 0.5, null));
    store.close();
    await mergeDatabases(shards(folder), all);
    expect(rows(all, 'SELECT sweep, done, failed FROM v_sweep ORDER BY last_run')).toEqual([
      ['own', 1, 0],
      ['tiny', 4, 1],
    ]);
    expect(rows(all, "SELECT id FROM trial WHERE key = 'own'")).toEqual([[1]]);
  });

  it('takes results for what it had not finished, and keeps its own paths', async () => {
    database(folder, 'all.db', inOrder(finish.reference, finish.fp32));
    const [one] = shards(folder);
    change(one, `UPDATE trial SET settings = replace(settings, '/data/', '/elsewhere/')`);
    change(one, `UPDATE model SET path = '/elsewhere/tiny.onnx'`);
    await mergeDatabases([one], all);
    expect(states(all)).toMatchObject({ 'static-200': 'done', 'unsmoothed-200': 'done', 'dynamic-200': 'pending' });
    expect(rows(all, `SELECT count(*) FROM trial WHERE settings LIKE '%/elsewhere/%'`)).toEqual([[0]]);
    expect(rows(all, 'SELECT path FROM model')).toEqual([['/models/tiny.onnx']]);
  });

  it('loses what its workers wrote last, once it takes the work of others', async () => {
    const [one, other] = shards(folder);
    await mergeDatabases([one], all);
    const log =
      "INSERT INTO worker_log (place, text, written_at) VALUES ('cpu:0', 'of my run', '2026-11-30T10:00:01.000Z')";
    change(all, log);
    await mergeDatabases([one], all);
    expect(rows(all, 'SELECT text FROM v_worker_log')).toEqual([['of my run']]);
    change(other, log);
    await mergeDatabases([other], all);
    expect(rows(all, 'SELECT text FROM v_worker_log')).toEqual([]);
    expect(rows(other, 'SELECT text FROM v_worker_log')).toEqual([['of my run']]);
  });

  it('can be run on: attempts and comparisons go on', async () => {
    await mergeDatabases(shards(folder), all);
    const store = openStore(all);
    sample.begin(store);
    sample.finish(store, sample.trials.static1500, sample.quantizedRecord([0, 1, 2], 0.03, 0.5));
    store.refreshComparisons('tiny');
    store.close();
    expect(
      rows(all, `SELECT number FROM attempt a JOIN trial t ON t.id = a.trial_id WHERE t.key = 'static-1500'`),
    ).toEqual([[1], [2]]);
    expect(states(all)).toMatchObject({ 'static-1500': 'done' });
  });

  it('is waited for while a sweep runs on it', async () => {
    const [one] = shards(folder);
    const running = openStore(all);
    const told: string[] = [];
    await mergeDatabases([one], all, {
      onEvent: (event) => {
        told.push(event.kind);
        if (event.kind === 'waiting') running.close();
      },
    });
    expect(told).toEqual(['waiting', 'reading']);
    expect(states(all)).toMatchObject({ 'static-200': 'done' });
  });

  it('is refused where it is not to be waited for', async () => {
    const [one] = shards(folder);
    const running = openStore(all);
    expect(await refusal([one], all, { wait: false })).toMatchObject({ code: 'locked' });
    running.close();
    expect(rows(all, 'SELECT count(*) FROM trial')).toEqual([[0]]);
  });
});

it('every table of the database has its place in a merge, or is left out on purpose', () => {
  const tables = rows(
    database(folder, 'any.db', () => undefined),
    `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`,
  );
  const known = [...identifiedTables, ...leftOutTables, ...ownedTables().map(({ name }) => name)];
  expect(tables.map(([name]) => String(name)).sort()).toEqual([...known].sort());
});

describe('second moments', () => {
  const withMoments = (name: string, ...work: readonly ((store: SweepStore) => void)[]): string => {
    const path = join(folder, name);
    const store = openStore(path);
    store.beginSweep(sample.experiment, momentsPlan, [sample.model], sample.machine);
    for (const step of work) step(store);
    store.close();
    return path;
  };
  const gathered = (store: SweepStore): void => {
    store.finishMoments('moments', sample.model.sha256, [moments(4), moments(8)]);
  };

  it('are taken from the database that has them, bit for bit', async () => {
    await mergeDatabases([withMoments('without.db'), withMoments('with.db', gathered)], all);
    const store = openStore(all);
    expect(store.moments('moments', 4)).toStrictEqual(moments(4));
    expect(store.moments('moments', 8)).toStrictEqual(moments(8));
    store.close();
  });

  it('are one where both have them, also where another program packed them', async () => {
    const [one, other] = [withMoments('one.db', gathered), withMoments('other.db', gathered)];
    const database = new Database(other);
    const { products } = database.prepare(`SELECT products FROM moments WHERE samples = 4`).get() as {
      products: Uint8Array;
    };
    const again = deflateSync(inflateSync(products), { level: 9 });
    expect(again).not.toEqual(products);
    database.prepare('UPDATE moments SET products = ? WHERE products = ?').run(again, products);
    database.close();
    await expect(mergeDatabases([one, other], all)).resolves.toMatchObject({ changed: true });
  });

  it('are a conflict where they differ in a bit', async () => {
    const other = withMoments('other.db', (store) => {
      const [first, second] = moments(4).layers;
      const products = first!.products.with(0, first!.products[0]! + 2 ** -50);
      store.finishMoments('moments', sample.model.sha256, [
        { samples: 4, layers: [{ ...first!, products }, second!] },
        moments(8),
      ]);
    });
    const { message } = await refusal([withMoments('one.db', gathered), other], all);
    expect(message).toContain('moments.products');
  });
});
