import { statSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StoredLogs } from '../../src/api/stored-logs.js';
import { queryDatabase } from '../../src/store/query/query-database.js';
import type { SweepStore } from '../../src/store/store.js';
import { openStore } from '../../src/store/write/sqlite-store.js';
import * as sample from '../store/sample-sweep.js';

let path: string;
let store: SweepStore;
beforeEach(() => {
  path = sample.temporaryDatabase();
  store = openStore(path);
  sample.begin(store);
});
afterEach(() => {
  store.close();
});

function stored(): readonly unknown[] {
  return queryDatabase(path, 'SELECT place, text FROM v_worker_log ORDER BY place').rows;
}

describe('logs of workers', () => {
  it('name all places from the beginning, with what was heard before', () => {
    const logs = new StoredLogs();
    logs.heard('cpu:1', 'loading');
    expect(stored()).toEqual([]);
    logs.begin(store, ['cpu:0', 'cpu:1']);
    expect(stored()).toEqual([
      ['cpu:0', ''],
      ['cpu:1', 'loading'],
    ]);
  });

  it('stay when the run ends, and are forgotten when a sweep begins', () => {
    const logs = new StoredLogs();
    logs.begin(store, ['cpu:0']);
    logs.heard('cpu:0', 'the last words');
    logs.end();
    logs.heard('cpu:0', 'too late');
    expect(stored()).toEqual([['cpu:0', 'the last words']]);
    sample.begin(store);
    expect(stored()).toEqual([]);
  });

  it('are written at intervals, however often there is news', async () => {
    const logs = new StoredLogs(50);
    let writes = 0;
    const counting: SweepStore = Object.create(store, {
      writeWorkerLogs: {
        value: (all: Parameters<SweepStore['writeWorkerLogs']>[0]) => {
          writes += 1;
          store.writeWorkerLogs(all);
        },
      },
    }) as SweepStore;
    logs.begin(counting, ['cpu:0']);
    const before = statSync(path).size;
    for (let count = 0; count < 2000; count++) logs.heard('cpu:0', `${count} ${'x'.repeat(3990)}`);
    expect(writes).toBe(1);
    while (writes < 2) await pause(5);
    expect(stored()).toEqual([['cpu:0', expect.stringMatching(/^1999 /)]]);
    logs.end();
    expect(writes).toBe(2);
    store.close();
    expect(statSync(path).size - before).toBeLessThan(100_000);
  });
});
