import { join } from 'node:path';

import Database from 'better-sqlite3';

import { mergeDatabases, type MergeOptions } from '../../../src/api/merge-databases.js';
import type { MachineRecord } from '../../../src/records/machine-record.js';
import type { StoppedTrialRecord, StopRecord } from '../../../src/records/trial-record.js';
import { queryDatabase, type SqlValue } from '../../../src/store/query/query-database.js';
import type { SweepStore } from '../../../src/store/store.js';
import { openStore } from '../../../src/store/write/sqlite-store.js';
import * as sample from '../sample-sweep.js';

/** Makes a database of the sample sweep, in which this much is done. */
export function database(
  folder: string,
  name: string,
  work: (store: SweepStore) => void,
  machine: Partial<MachineRecord> = {},
): string {
  const path = join(folder, name);
  const store = openStore(path);
  store.beginSweep(sample.experiment, sample.plan, [sample.model], { ...sample.machine, ...machine });
  work(store);
  store.refreshComparisons(sample.plan.name);
  store.close();
  return path;
}

const { fp32, unsmoothed, static: fixed, static1500, dynamic } = sample.trials;

/** What the trials of the sample sweep give, whichever database they are in. */
export const finish = {
  observe: (store: SweepStore): void => {
    store.finishObserve('observe', sample.model.sha256, [1, 200, 1500].map(sample.observation));
  },
  reference: (store: SweepStore): void => {
    store.finishReference('reference', sample.model.sha256, sample.reference);
  },
  search: (store: SweepStore): void => {
    store.finishSearch('search', sample.model.sha256, sample.search);
  },
  fp32: (store: SweepStore): void => {
    sample.finish(store, fp32, sample.fp32Record);
  },
  unsmoothed: (store: SweepStore): void => {
    sample.finish(store, unsmoothed, sample.quantizedRecord([0, 9], 0.08, null));
  },
  fixed: (store: SweepStore): void => {
    sample.finish(store, fixed, sample.quantizedRecord([0, 1, 2, 3, 4, 5, 6, 7], 0.02, 0.5));
  },
  dynamic: (store: SweepStore): void => {
    sample.finish(store, dynamic, sample.quantizedRecord([0, 1, 2, 3, 4, 5, 6], 0.04, 0.7));
  },
};

/** Fails the trial of 1500 batches. */
export function fail(store: SweepStore, message = 'error 0.1 > 0.001'): void {
  const attempt = store.startAttempt({ kind: 'trial', key: static1500.key }, { device: 'cpu:1' });
  const failure = { errorClass: 'GateError', message, retry: false };
  store.failAttempt(attempt, failure);
  store.failTrial(static1500.key, failure, 'conditions');
}

/** Stops the dynamic trial early, held against another one. */
export function stop(store: SweepStore, more: Partial<StopRecord> = {}): void {
  const stopped: StopRecord = {
    ...{ reason: 'test', against: fixed.key, metric: 'top1', confidence: 0.999, orderSeed: 7, samples: 10, seen: 6 },
    ...{ right: 1, otherRight: 5, onlyTrial: 0, onlyOther: 4, pValue: 1 / 16, threshold: 0.001 / 9 },
    ...more,
  };
  const { evaluation, ...rest } = sample.quantizedRecord([], 0.04, 0.7);
  const record: StoppedTrialRecord = { ...rest, stopped };
  const attempt = store.startAttempt({ kind: 'trial', key: dynamic.key }, { device: 'cpu:0' });
  store.stopTrial(dynamic, sample.model.sha256, record, sample.execution, 'basic', attempt);
}

export function inOrder(...steps: readonly ((store: SweepStore) => void)[]): (store: SweepStore) => void {
  return (store) => {
    for (const step of steps) step(store);
  };
}

/** One shard, and the other one; FP32 is in both. */
export const firstShard = inOrder(finish.reference, finish.observe, finish.fp32, finish.unsmoothed, finish.fixed);
export const secondShard = inOrder(
  ...[finish.reference, finish.observe, finish.search, finish.fp32, finish.dynamic],
  (store) => {
    fail(store);
  },
);

/** Changes what a database holds, behind the program's back. */
export function change(path: string, sql: string, ...values: readonly unknown[]): void {
  const open = new Database(path);
  open.pragma('foreign_keys = OFF');
  const { changes } = open.prepare(sql).run(...values);
  open.close();
  if (changes === 0) throw new Error(`Expected rows to change, got none: ${sql}`);
}

/** All that is stored, row ids and times included, but for who writes it at the moment. */
export function contents(path: string): Readonly<Record<string, readonly (readonly SqlValue[])[]>> {
  const tables = queryDatabase(path, `SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'writer'`).rows;
  return Object.fromEntries(
    tables.map(([name]) => [String(name), queryDatabase(path, `SELECT * FROM "${String(name)}" ORDER BY 1, 2`).rows]),
  );
}

export function rows(path: string, sql: string): readonly (readonly SqlValue[])[] {
  return queryDatabase(path, sql).rows;
}

/** Status by key of a trial. */
export function states(path: string): Readonly<Record<string, unknown>> {
  const found = rows(path, 'SELECT key, status FROM trial ORDER BY id');
  return Object.fromEntries(found.map(([key, status]) => [String(key), status]));
}

/** What merging is refused with. */
export async function refusal(sources: readonly string[], into: string, options: MergeOptions = {}): Promise<Error> {
  return mergeDatabases(sources, into, options).then(
    () => {
      throw new Error('Expected the merge to be refused.');
    },
    (error: unknown) => error as Error,
  );
}

/** Both shards of the sample sweep, each in a database of its own. */
export function shards(folder: string): readonly [string, string] {
  return [database(folder, 'shard1.db', firstShard), database(folder, 'shard2.db', secondShard)];
}
