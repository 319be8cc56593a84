import { copyFileSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

import Database from 'better-sqlite3';
import { beforeEach, describe, expect, it } from 'vitest';

import { mergeDatabases } from '../../../src/api/merge-databases.js';
import { UsageError } from '../../../src/errors/usage-error.js';
import { openDatabase } from '../../../src/store/file/open-database.js';
import { settingColumns } from '../../../src/store/schema/setting-columns.js';
import { StoreError } from '../../../src/store/store-error.js';
import { openStore } from '../../../src/store/write/sqlite-store.js';
import { temporaryFolder } from '../../cli/command-line.js';
import { differences, storedColumns } from '../../determinism/stored-rows.js';
import * as sample from '../sample-sweep.js';
import {
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
  stop,
} from './shard-databases.js';

let folder: string;
let all: string;
beforeEach(() => {
  folder = temporaryFolder();
  all = join(folder, 'all.db');
});

describe('parts of a stage that is not finished', () => {
  const part = (id: string, value: unknown) => (store: ReturnType<typeof openStore>) => {
    const attempt = store.startAttempt({ kind: 'stage', key: 'observe', part: id }, { device: 'cpu:0' });
    store.finishPart(attempt, 'observe', id, value, sample.execution);
  };
  const parts = (path: string): unknown => {
    const store = openStore(path);
    try {
      return Object.fromEntries(store.stageParts('observe'));
    } finally {
      store.close();
    }
  };

  it('come along, each once', async () => {
    const one = database(folder, 'one.db', inOrder(part('a', [1]), part('b', [2])));
    const other = database(folder, 'other.db', inOrder(part('b', [2]), part('c', [3])));
    const merged = await mergeDatabases([one, other], all);
    expect(merged.sources.map((source) => source.parts)).toEqual([2, 1]);
    expect(parts(all)).toEqual({ a: [1], b: [2], c: [3] });
    expect((await mergeDatabases([other, one], all)).changed).toBe(false);
  });

  it('have to be equal', async () => {
    const one = database(folder, 'one.db', part('b', [2]));
    const other = database(folder, 'other.db', part('b', [-0]));
    const { message } = await refusal([one, other], all);
    expect(message).toContain('a part of the observe stage (key observe) differs');
    expect(message).toContain('stage_part.payload (part b: ');
  });

  it('give way to the finished stage', async () => {
    const one = database(folder, 'one.db', part('a', [1]));
    const other = database(folder, 'other.db', finish.observe);
    for (const [name, sources] of [
      ['first.db', [one, other]],
      ['last.db', [other, one]],
    ] as const) {
      const path = join(folder, name);
      await mergeDatabases(sources, path);
      expect(rows(path, 'SELECT count(*) FROM stage_part')).toEqual([[0]]);
      expect(rows(path, `SELECT status FROM stage WHERE key = 'observe'`)).toEqual([['done']]);
      expect(rows(path, 'SELECT count(*) FROM attempt')).toEqual([[1]]);
    }
  });
});

describe('work that failed or was stopped', () => {
  it('counts until another database has finished it', async () => {
    const one = database(folder, 'one.db', fail);
    const other = database(
      folder,
      'other.db',
      inOrder(finish.observe, (store) => {
        sample.finish(store, sample.trials.static1500, sample.quantizedRecord([0], 0.1, 0.5));
      }),
    );
    const none = database(folder, 'none.db', () => undefined);
    await mergeDatabases([none, one], all);
    expect(states(all)).toMatchObject({ 'static-1500': 'failed' });
    await mergeDatabases([other], all);
    expect(states(all)).toMatchObject({ 'static-1500': 'done' });
    expect(rows(all, `SELECT error, failed_under FROM trial WHERE key = 'static-1500'`)).toEqual([[null, null]]);
    expect((await mergeDatabases([one], all)).changed).toBe(false);
  });

  it('is of the same failure in either order', async () => {
    const [one, other] = ['x', 'y'].map((message) =>
      database(folder, `${message}.db`, (store) => {
        fail(store, message);
      }),
    ) as [string, string];
    const turned = join(folder, 'turned.db');
    await mergeDatabases([one, other], all);
    await mergeDatabases([other, one], turned);
    for (const path of [all, turned]) {
      expect(rows(path, `SELECT error FROM trial WHERE status = 'failed'`)).toEqual([['x']]);
      expect(rows(path, 'SELECT error FROM attempt ORDER BY error')).toEqual([['x'], ['y']]);
    }
  });

  it('gives way where it was stopped early to the complete trial', async () => {
    const stopped = database(folder, 'stopped.db', inOrder(firstShard, finish.search, stop));
    const complete = database(folder, 'complete.db', secondShard);
    for (const [name, sources] of [
      ['first.db', [stopped, complete]],
      ['last.db', [complete, stopped]],
    ] as const) {
      const path = join(folder, name);
      await mergeDatabases(sources, path);
      expect(states(path)).toMatchObject({ 'dynamic-200': 'done' });
      expect(rows(path, 'SELECT count(*) FROM early_stop')).toEqual([[0]]);
      expect(rows(path, `SELECT value FROM v_trial WHERE key = 'dynamic-200'`)).toEqual([[0.7]]);
    }
  });

  it('is of the early stop that saw more samples', async () => {
    const base = inOrder(firstShard, finish.search);
    const one = database(folder, 'one.db', inOrder(base, stop));
    const other = database(
      folder,
      'other.db',
      inOrder(base, (store) => {
        stop(store, { seen: 8, otherRight: 6, onlyOther: 5, pValue: 1 / 32 });
      }),
    );
    const turned = join(folder, 'turned.db');
    await mergeDatabases([one, other], all);
    await mergeDatabases([other, one], turned);
    expect(rows(all, 'SELECT evaluated_samples, against_label FROM v_stopped')).toEqual([
      [8, 'static alpha=0.5, 200 batches'],
    ]);
    expect(differences(storedColumns(all), storedColumns(turned))).toEqual({});
    expect((await mergeDatabases([one, other], all)).changed).toBe(false);
  });
});

describe('a source', () => {
  it('on which a sweep runs is taken as it is at that moment', async () => {
    const path = join(folder, 'running.db');
    const running = openStore(path);
    sample.begin(running);
    finish.observe(running);
    finish.unsmoothed(running);
    running.startAttempt({ kind: 'trial', key: sample.trials.static.key }, { device: 'cpu:0' });
    const merged = await mergeDatabases([path], all);
    expect(merged.sources).toMatchObject([{ running: true, trials: 1, attempts: 1 }]);
    finish.fixed(running);
    running.close();
    const later = await mergeDatabases([path], all);
    expect(later.sources).toMatchObject([{ running: false, trials: 1, attempts: 1 }]);
    expect(states(all)).toMatchObject({ 'static-200': 'done', 'unsmoothed-200': 'done' });
  });

  it('of an older schema is refused, and told how to be brought up to date', async () => {
    const older = join(folder, 'older.db');
    writeFileSync(older, gunzipSync(readFileSync(new URL('../fixtures/schema-11.db.gz', import.meta.url))));
    const error = await refusal([older], all);
    expect(error).toMatchObject({ code: 'older-schema' });
    expect(error.message).toContain('quantsweep migrate');
    expect(existsSync(all)).toBe(false);
  });

  it.each([
    ['missing', 'no.db', null],
    ['not-a-database', 'text.db', 'no database, but long enough'.repeat(99)],
    ['bad-path', 'folder.db', 'a folder'],
    ['older-schema', 'empty.db', ''],
  ] as const)('that is %s is refused before the target is made', async (code, name, content) => {
    const [one] = shards(folder);
    const path = join(folder, name);
    if (content === 'a folder') mkdirSync(path);
    else if (content !== null) writeFileSync(path, content);
    const error = await refusal([one, path], all);
    expect(error).toBeInstanceOf(StoreError);
    expect(error).toMatchObject({ code });
    expect(error.message).toContain(path);
    expect(existsSync(all)).toBe(false);
  });

  it('whose contents are damaged is named, and nothing is merged', async () => {
    const [one, other] = shards(folder);
    const bytes = readFileSync(other);
    // Behind the schema, which is on the first pages.
    bytes.fill(0x5a, Math.floor(bytes.length * 0.6));
    writeFileSync(other, bytes);
    const error = await refusal([one, other], all);
    expect(error).toBeInstanceOf(StoreError);
    expect(error.message).toContain(other);
    expect(existsSync(all)).toBe(false);
  });

  it('that is the target is refused, by whatever name', async () => {
    const [one] = shards(folder);
    symlinkSync(one, join(folder, 'link.db'));
    for (const into of [one, join(folder, 'link.db'), join(folder, '.', 'shard1.db')]) {
      const error = await refusal([one], into);
      expect(error).toBeInstanceOf(UsageError);
      expect(error.message).toContain('which is that file');
    }
  });

  it('that is given twice is taken once', async () => {
    const [one, other] = shards(folder);
    symlinkSync(one, join(folder, 'link.db'));
    const merged = await mergeDatabases([one, one, join(folder, 'link.db'), other], all);
    expect(merged.sources.map((source) => source.database)).toEqual([one, other]);
  });

  it('may be a copy of another', async () => {
    const [one, other] = shards(folder);
    copyFileSync(one, join(folder, 'copy.db'));
    const merged = await mergeDatabases([one, join(folder, 'copy.db'), other], all);
    expect(merged.sources[1]).toMatchObject({ trials: 0, stages: 0, attempts: 0 });
  });

  it('has to be given', async () => {
    expect(await refusal([], all)).toBeInstanceOf(UsageError);
  });
});

describe('columns of settings', () => {
  const extra = { name: 'later_setting', type: 'TEXT', value: () => 'later' } as const;

  it('that views read are not lacking: such a source is to be brought up to date first', async () => {
    const [one] = shards(folder);
    const open = new Database(one);
    for (const [view] of rows(one, `SELECT name FROM sqlite_schema WHERE type = 'view'`)) {
      open.exec(`DROP VIEW "${String(view)}"`);
    }
    open.exec('ALTER TABLE trial DROP COLUMN calibration_batch_size');
    open.close();
    const error = await refusal([one], all);
    expect(error).toMatchObject({ code: 'older-schema' });
    expect(error.message).toContain('quantsweep migrate');
    openStore(one).close();
    await mergeDatabases([one], all);
    expect(rows(all, `SELECT DISTINCT calibration_batch_size FROM trial WHERE role <> 'fp32'`)).toEqual([[4]]);
  });

  it('that the target does not know are left out, and taken where it does', async () => {
    const [one] = shards(folder);
    openDatabase(one, { columns: [...settingColumns, extra] }).close();
    await mergeDatabases([one], all);
    expect(states(all)).toMatchObject({ 'static-200': 'done' });
    const newer = join(folder, 'newer.db');
    openDatabase(newer, { columns: [...settingColumns, extra] }).close();
    await mergeDatabases([one], newer);
    expect(rows(newer, 'SELECT DISTINCT later_setting FROM trial')).toEqual([['later']]);
  });
});
