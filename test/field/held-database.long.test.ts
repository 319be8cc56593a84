import { join } from 'node:path';

import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';

import { Patience } from '../../src/schedule/patience.js';
import type { SweepEvent } from '../../src/schedule/sweep-events.js';
import { openStore } from '../../src/store/write/sqlite-store.js';
import { StoreError } from '../../src/store/store-error.js';
import { Running, quantsweep, temporaryFolder, writeExperiment } from '../cli/command-line.js';
import * as sample from '../store/sample-sweep.js';

const busy = (): never => {
  throw new StoreError('busy', 'Another program holds it.');
};

function patience(minutes: number, now: () => number) {
  const events: SweepEvent[] = [];
  const stopping = new AbortController();
  const limits = { minutes, onEvent: (event: SweepEvent) => void events.push(event), signal: stopping.signal };
  return { patience: new Patience({ ...limits, now, pauseMs: 1 }), events, stopping };
}

describe('20: a write that waits for another program', () => {
  it('is tried again until it goes through, and says so each minute', async () => {
    let minutes = 0;
    const { patience: waiting, events } = patience(60, () => minutes * 60_000);
    let tries = 0;
    const value = await waiting.write(() => {
      tries += 1;
      minutes += 0.5;
      return tries < 6 ? busy() : 'stored';
    });
    expect(value).toBe('stored');
    // At once, then when a minute has passed, then another: tries are half a minute apart.
    expect(events.map((event) => (event.kind === 'waiting' ? event.waitedMs : event.kind))).toEqual([
      0,
      60_000,
      120_000,
      'waited',
    ]);
  });

  it('ends with the limit and its setting when that is over, and does not wait again', async () => {
    let minutes = 0;
    const { patience: waiting } = patience(2, () => minutes++ * 60_000);
    await expect(waiting.write(busy)).rejects.toThrow(/waited 2 min for it \(run\.lockWaitMinutes\)/);
    let tries = 0;
    await expect(
      waiting.write(() => {
        tries += 1;
        busy();
      }),
    ).rejects.toThrow('run.lockWaitMinutes');
    expect(tries).toBe(1);
  });

  it('keeps the other writes behind it, in their order', async () => {
    const { patience: waiting } = patience(60, () => 0);
    const done: string[] = [];
    let tries = 0;
    const first = waiting.write(() => (++tries < 4 ? busy() : void done.push('first')));
    const second = waiting.write(() => void done.push('second'));
    await Promise.all([first, second]);
    expect(done).toEqual(['first', 'second']);
    expect(tries).toBe(4);
  });

  it('is given up when the sweep is stopped', async () => {
    const { patience: waiting, stopping } = patience(60, () => 0);
    const write = waiting.write(busy);
    stopping.abort();
    await expect(write).rejects.toThrow('Another program holds it.');
  });

  it('passes other errors on at once', async () => {
    const { patience: waiting, events } = patience(60, () => 0);
    await expect(
      waiting.write(() => {
        throw new StoreError('disk-full', 'No space left.');
      }),
    ).rejects.toThrow('No space left.');
    expect(events).toEqual([]);
  });

  it('is known by its code: another program has a transaction open', () => {
    const path = sample.temporaryDatabase();
    const store = openStore(path);
    const other = new Database(path);
    other.exec('BEGIN IMMEDIATE');
    let error: unknown = null;
    try {
      sample.begin(store);
    } catch (thrown) {
      error = thrown;
    }
    expect((error as StoreError).code).toBe('busy');
    other.exec('ROLLBACK');
    other.close();
    sample.begin(store);
    store.close();
  });
});

describe('20: run', () => {
  it('waits for a program that holds the database in its middle, says so, and goes on', async () => {
    const folder = temporaryFolder();
    const running = new Running(['run', writeExperiment(folder)], folder);
    await running.printed('[1/');
    const other = new Database(join(folder, 'quantsweep.db'), { timeout: 60_000 });
    other.exec('BEGIN IMMEDIATE');
    await running.printed('Waiting');
    expect(running.stdout).toMatch(
      /Waiting.*\(at most 60 min, run\.lockWaitMinutes\): Another program holds .*quantsweep\.db/,
    );
    other.exec('ROLLBACK');
    other.close();
    const { code, stdout, stderr } = await running.ended;
    expect(code, stdout + stderr).toBe(0);
    expect(stdout).toContain('The database is free again');
    expect(stdout).toContain('8 trials run');
  });

  it('waits no longer than run.lockWaitMinutes, and the same command goes on later', async () => {
    const folder = temporaryFolder();
    const experiment = writeExperiment(folder);
    const running = new Running(['run', experiment, '--set', 'run.lockWaitMinutes=0'], folder);
    await running.printed('[1/');
    const other = new Database(join(folder, 'quantsweep.db'), { timeout: 60_000 });
    other.exec('BEGIN IMMEDIATE');
    const { code, stderr } = await running.ended;
    expect(stderr).toContain('run.lockWaitMinutes');
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(code).toBe(1);
    other.exec('ROLLBACK');
    other.close();
    const again = await quantsweep(folder, 'run', experiment);
    expect(again.code, again.stderr).toBe(0);
  });

  it('is ended by Ctrl-C while it waits', async () => {
    const folder = temporaryFolder();
    const running = new Running(['run', writeExperiment(folder)], folder);
    await running.printed('[1/');
    const other = new Database(join(folder, 'quantsweep.db'), { timeout: 60_000 });
    other.exec('BEGIN IMMEDIATE');
    await running.printed('Waiting');
    running.child.kill('SIGINT');
    const { code, stderr } = await running.ended;
    expect(code, stderr).toBe(130);
    other.exec('ROLLBACK');
    other.close();
  });
});
