import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';

import Database from 'better-sqlite3';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { progressSql, readProgress } from '../../src/report/facts/progress.js';
import { liveSweep } from '../../src/report/facts/live-facts.js';
import { runningAttempts } from '../../src/report/figures/live/running-attempts.js';
import { noLinks } from '../../src/report/addresses/page-links.js';
import { toRows } from '../../src/report/query.js';
import { lockDatabase } from '../../src/store/file/lock-database.js';
import { monotonicMs } from '../../src/store/monotonic-clock.js';
import { openQueries } from '../../src/store/query/query-database.js';
import { readRunState } from '../../src/store/read/read-run-state.js';
import { openStore } from '../../src/store/write/sqlite-store.js';
import { sweepNames } from '../../src/store/read/sweep-names.js';
import { quantsweep } from '../cli/command-line.js';
import * as sample from '../store/sample-sweep.js';

afterEach(() => {
  vi.useRealTimers();
});

/**
 * Runs the sample sweep under a name, all of it or what is missing, with the clock on the wall at
 * the given time.
 */
function run(path: string, name: string, clock: string): void {
  vi.useFakeTimers({ toFake: ['Date'], now: new Date(clock) });
  const store = openStore(path);
  const plan = { ...sample.plan, name };
  store.beginSweep(sample.experiment, plan, [sample.model], sample.machine);
  if (store.finishedTrials(plan.trials.map((trial) => trial.key)).size === 0) sample.fill(store);
  store.beginSweep(sample.experiment, plan, [sample.model], sample.machine);
  store.refreshComparisons(name);
  store.close();
  vi.useRealTimers();
}

function names(path: string): readonly string[] {
  const queries = openQueries(path);
  try {
    return sweepNames(queries);
  } finally {
    queries.close();
  }
}

describe('39: the sweep that ran last', () => {
  it('is counted: a clock that was wrong once changes nothing', () => {
    const path = sample.temporaryDatabase();
    run(path, 'first', '2099-01-01T00:00:00Z');
    run(path, 'second', '2026-11-23T08:00:00Z');
    run(path, 'third', '1970-01-01T00:00:01Z');
    expect(names(path).slice(0, 3)).toEqual(['third', 'second', 'first']);
    run(path, 'second', '1999-01-01T00:00:00Z');
    expect(names(path).slice(0, 3)).toEqual(['second', 'third', 'first']);
  });

  it('is the same for status, show, query and report', async () => {
    const path = sample.temporaryDatabase();
    run(path, 'wrong-clock', '2099-01-01T00:00:00Z');
    run(path, 'last', '2026-11-23T08:00:00Z');
    const folder = dirname(path);
    const ask = async (...args: string[]): Promise<string> => {
      const { code, stdout, stderr } = await quantsweep(folder, ...args, '--db', path);
      expect(code, stderr).toBe(0);
      return stdout;
    };
    expect(await ask('status')).toMatch(/^last: /);
    expect(await ask('query', 'SELECT :sweep AS sweep', '--format', 'json')).toContain('"last"');
    expect(await ask('show', 'best')).toContain('of last');
    expect(await ask('report', '-o', join(folder, 'out'))).toContain('last');
    const best = /best so far: ([^,]*)/.exec(await ask('status'))?.[1] ?? 'none';
    expect(await ask('show', 'best')).toContain(best);
  });

  it('of a database of before is the one that began last by the clock, until another runs', () => {
    const path = sample.temporaryDatabase();
    const fixture = new URL('../store/fixtures/schema-10.db.gz', import.meta.url);
    writeFileSync(path, gunzipSync(readFileSync(fixture)));
    const database = new Database(path);
    const columns = 'key, question, experiment_path, experiment_yaml, axes, created_at';
    for (const [name, updated] of [
      ['newest', '2090-01-01T00:00:00.000Z'],
      ['oldest', '1990-01-01T00:00:00.000Z'],
    ])
      database
        .prepare(`INSERT INTO sweep (name, ${columns}, updated_at) SELECT ?, ${columns}, ? FROM sweep WHERE id = 1`)
        .run(name, updated);
    const known = database.prepare('SELECT name FROM sweep ORDER BY updated_at DESC').pluck().all();
    database.close();
    openStore(path).close();
    expect(names(path)).toEqual(known);
    expect(known[0]).toBe('newest');
    const store = openStore(path);
    store.beginSweep(sample.experiment, { ...sample.plan, name: 'oldest' }, [sample.model], sample.machine);
    store.close();
    expect(names(path)[0]).toBe('oldest');
  });

  it('takes status and show to the same trial where two are equally good', async () => {
    const path = sample.temporaryDatabase();
    run(path, 'tie', '2026-11-23T10:00:00Z');
    const database = new Database(path);
    // Unsmoothed as good as the candidates, which stand behind it in the sweep.
    database.exec(`UPDATE accuracy SET value = 0.8 WHERE metric = 'top1'`);
    database.close();
    const status = await quantsweep(dirname(path), 'status', '--db', path);
    const label = /best so far: ([^,]*)/.exec(status.stdout)?.[1] ?? 'none';
    expect(label).not.toBe('unsmoothed');
    const show = await quantsweep(dirname(path), 'show', 'best', '--db', path);
    expect(show.stdout).toContain(label);
  });
});

describe('39: times of a run', () => {
  /**
   * Three trials of 100 ms each, one still at work; the clock on the wall falls back a year after
   * the first.
   */
  function running(): { readonly path: string; readonly close: () => void; readonly startedMs: number } {
    const path = sample.temporaryDatabase();
    const trials = [0, 1, 2, 3].map((index) => ({ ...sample.trials.static, key: `trial-${index}`, position: index }));
    const store = openStore(path);
    vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-11-23T08:00:00Z') });
    store.beginSweep(sample.experiment, { ...sample.plan, trials }, [sample.model], sample.machine);
    store.finishObserve('observe', sample.model.sha256, [sample.observation(200)]);
    for (const trial of trials.slice(0, 3)) {
      sample.finish(store, trial, sample.quantizedRecord([1, 2], 0.1, 0.5));
      vi.setSystemTime(new Date('2025-07-25T08:00:00Z'));
    }
    store.startAttempt({ kind: 'trial', key: trials[3]!.key }, { device: 'cpu:0' });
    vi.useRealTimers();
    const database = new Database(path);
    const startedMs = Number(database.prepare('SELECT started_ms FROM attempt ORDER BY id DESC LIMIT 1').pluck().get());
    // Ends 100 ms apart, whatever this machine took.
    database.exec(
      `UPDATE attempt SET ended_ms = (SELECT min(started_ms) FROM attempt) + 100 * id WHERE ended_ms IS NOT NULL`,
    );
    database.close();
    return { path, close: () => void store.close(), startedMs };
  }

  it('gives rate, end and elapsed time by the monotonic clock', () => {
    const { path, close, startedMs } = running();
    const queries = openQueries(path);
    const query = (sql: string) => queries.query(sql);
    const state = readRunState(path);
    expect(state).toMatchObject({ kind: 'running', pid: process.pid });
    const [{ claimed } = { claimed: 0 }] = toRows(query('SELECT claimed FROM v_sweep')) as { claimed: number }[];
    expect(claimed).toBe(1);
    const now = new Date('2026-11-23T09:00:00Z');
    const facts = { run: state, revision: 'r', nowMs: startedMs + 90_000 };
    const live = liveSweep({ name: sample.plan.name, claimed: true }, noLinks, facts, now);
    const row = toRows(query(progressSql(live)))[0]!;
    const progress = readProgress(row, live);
    // Two more trials in 200 ms are ten a second.
    expect(progress.trialsPerMinute).toBeCloseTo(600, 6);
    const last = Number(row['last_end_ms']);
    expect(progress.endsAt).toBeCloseTo(now.getTime() - (startedMs + 90_000 - last) + progress.pending * 100, 3);

    const rows = toRows(query(runningAttempts.sql(live)));
    const figure = runningAttempts.build(rows, live);
    if (figure.kind !== 'table') throw new Error('Expected a table.');
    const cell = (title: string) => figure.columns.find((column) => column.title === title)!;
    // The clock says that the attempt began sixteen months ago.
    expect(cell('elapsed').text(rows[0]!)).toBe('1 min 30 s');
    expect(cell('elapsed').since?.(rows[0]!)).toBe('2026-11-23T08:58:30.000Z');
    expect(cell('state').text(rows[0]!)).toBe('running');
    queries.close();
    close();
  });

  it('calls an attempt cut off that an earlier run began, whatever the clock says', () => {
    const { path, close } = running();
    const queries = openQueries(path);
    const state = readRunState(path);
    close();
    const later = openStore(path);
    later.beginSweep(sample.experiment, sample.plan, [sample.model], sample.machine);
    const database = new Database(path);
    database.exec(`UPDATE attempt SET status = 'running' WHERE id = 4`);
    database.close();
    const facts = { run: state, revision: 'r', nowMs: monotonicMs() };
    const live = liveSweep({ name: sample.plan.name, claimed: true }, noLinks, facts, new Date());
    const rows = toRows(
      queries.query(
        `SELECT *, coalesce(attempt >= (SELECT run_attempt FROM v_sweep WHERE claimed), 0) AS of_run FROM v_attempt WHERE status = 'running'`,
      ),
    );
    const figure = runningAttempts.build(rows, live);
    if (figure.kind !== 'table') throw new Error('Expected a table.');
    expect(figure.columns.find((column) => column.title === 'state')!.text(rows[0]!)).toBe('cut off');
    queries.close();
    later.close();
  });

  it('knows a living run by its process, also where the clock was set since', () => {
    const path = sample.temporaryDatabase();
    vi.useFakeTimers({ toFake: ['Date'], now: new Date('2001-01-01T00:00:00Z') });
    const lock = lockDatabase(path);
    vi.useRealTimers();
    expect(readRunState(path).kind).toBe('running');
    lock.release();
  });
});
