import { spawn } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';

import { openReadOnly } from '../../src/store/file/open-read-only.js';
import { openStore } from '../../src/store/write/sqlite-store.js';
import { StoreError } from '../../src/store/store-error.js';
import type { SweepStore } from '../../src/store/store.js';
import { Running, quantsweep, smallExperiment, temporaryFolder, writeExperiment } from '../cli/command-line.js';
import * as sample from '../store/sample-sweep.js';

function caught(work: () => unknown): StoreError {
  try {
    work();
  } catch (error) {
    if (error instanceof StoreError) return error;
    throw error;
  }
  throw new Error('Expected a StoreError, nothing was thrown');
}

const trialsOf = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    ...sample.trials.static,
    key: `trial-${index}`,
    label: `trial ${index}`,
    position: index,
  }));

/** A sweep of which two trials are stored, and one more can be. */
function begun(path: string): { readonly store: SweepStore; readonly next: (index: number) => void } {
  const trials = trialsOf(400);
  const store = openStore(path);
  store.beginSweep(sample.experiment, { ...sample.plan, trials }, [sample.model], sample.machine);
  store.finishObserve('observe', sample.model.sha256, [sample.observation(200)]);
  const next = (index: number): void => {
    sample.finish(store, trials[index]!, sample.quantizedRecord([1, 2], 0.1, 0.5));
  };
  next(0);
  next(1);
  return { store, next };
}

function finishedIn(path: string): number {
  const database = openReadOnly(path);
  try {
    expect(database.pragma('integrity_check', { simple: true })).toBe('ok');
    return Number(database.prepare(`SELECT count(*) FROM trial WHERE status = 'done'`).pluck().get());
  } finally {
    database.close();
  }
}

function removeAll(path: string): void {
  for (const side of ['', '-wal', '-shm']) rmSync(path + side, { force: true });
}

describe('17: the database is no longer the one that is open', () => {
  it('says that another file is in its place where one is, not that it is gone', () => {
    const path = sample.temporaryDatabase();
    const { next } = begun(path);
    writeFileSync(`${path}.new`, 'of another program');
    renameSync(`${path}.new`, path);
    const { code, message } = caught(() => {
      next(2);
    });
    expect(code).toBe('replaced');
    expect(message).toContain(`Another file was put in the place of the database ${path}`);
    expect(message).toContain('2 finished trials of this run (trial 0; trial 1)');
    expect(message).not.toContain('removed');
    expect(readFileSync(path, 'utf8')).toBe('of another program');
  });

  it('stops at the next commit when it was removed, with the trials that are lost', () => {
    const path = sample.temporaryDatabase();
    const { store, next } = begun(path);
    removeAll(path);
    const error = caught(() => {
      next(2);
    });
    expect(error.code).toBe('replaced');
    expect(error.message).toContain(`The database ${path} was removed while the sweep ran`);
    expect(error.message).toContain('2 finished trials of this run (trial 0; trial 1)');
    expect(error.message).toContain('run the same command again');
    // Told once; nothing of the old database comes back under its name.
    expect(store.close()).toBeNull();
    expect(existsSync(path) || existsSync(`${path}-wal`)).toBe(false);
  });

  it('is told when the run closes it, where nothing was committed since', () => {
    const path = sample.temporaryDatabase();
    const { store } = begun(path);
    unlinkSync(path);
    expect(caught(() => store.close()).code).toBe('replaced');
    expect(existsSync(`${path}-wal`)).toBe(false);
  });

  it('makes a moved file whole where it is now, and says where', () => {
    const path = sample.temporaryDatabase();
    const { store, next } = begun(path);
    const moved = join(dirname(path), 'moved.db');
    renameSync(path, moved);
    const error = caught(() => {
      next(2);
    });
    expect(error.message).toContain(`It is now ${moved}. All that was stored is in it`);
    store.close();
    expect(existsSync(`${path}-wal`)).toBe(false);
    expect(finishedIn(moved)).toBe(2);
  });

  it('makes the file whole when its folder was renamed', () => {
    const path = join(dirname(sample.temporaryDatabase()), 'folder', 'sweep.db');
    const { store, next } = begun(path);
    const folder = `${dirname(path)}-renamed`;
    renameSync(dirname(path), folder);
    const error = caught(() => {
      next(2);
    });
    expect(error.code).toBe('replaced');
    expect(error.message).toContain(`${folder}/sweep.db`);
    store.close();
    expect(finishedIn(join(folder, 'sweep.db'))).toBe(2);
  });

  it('leaves a copy that was put in its place as it is', () => {
    const path = sample.temporaryDatabase();
    const { store, next } = begun(path);
    const copy = `${path}.copy`;
    const other = openStore(copy);
    sample.fill(other);
    other.close();
    const bytes = readFileSync(copy);
    renameSync(copy, path);
    expect(
      caught(() => {
        next(2);
      }).message,
    ).toMatch(/Another file was put in the place of the database/);
    store.close();
    expect(readFileSync(path).equals(bytes)).toBe(true);
    expect(existsSync(`${path}-wal`)).toBe(false);
    // fp32, unsmoothed, static and dynamic: the copy's own, with nothing of the run's log.
    expect(finishedIn(path)).toBe(4);
  });

  it('leaves another database with its log alone', () => {
    const path = sample.temporaryDatabase();
    const { store, next } = begun(path);
    const aside = `${path}.aside`;
    const made = new Database(aside);
    made.pragma('journal_mode = WAL');
    made.exec('CREATE TABLE notes (text TEXT); INSERT INTO notes VALUES (1)');
    removeAll(path);
    for (const side of ['', '-wal']) copyFileSync(aside + side, path + side);
    const log = readFileSync(`${path}-wal`);
    expect(log.length).toBeGreaterThan(0);
    expect(
      caught(() => {
        next(2);
      }).code,
    ).toBe('replaced');
    store.close();
    expect(readFileSync(`${path}-wal`).equals(log)).toBe(true);
    made.close();
  });

  it.each([
    ['an earlier copy of the same run', 'copy'],
    ['another file', 'other'],
    ['nothing', 'empty'],
  ])('notices that its contents were overwritten in place with %s, and changes nothing of them', (_, kind) => {
    const path = sample.temporaryDatabase();
    const { store, next } = begun(path);
    const other = `${path}.other`;
    copyFileSync(path, other);
    if (kind === 'other') writeFileSync(other, 'This is no database. '.repeat(3000));
    if (kind === 'empty') writeFileSync(other, '');
    // Until the log has gone back into the file, after which the copy is an old one.
    const early = statSync(path).mtimeMs;
    let index = 2;
    while (statSync(path).mtimeMs === early) next(index++);
    const bytes = readFileSync(other);
    writeFileSync(path, bytes);
    const error = caught(() => {
      next(index);
    });
    expect(error.code).toBe('replaced');
    expect(error.message).toContain(`The contents of ${path} were overwritten`);
    store.close();
    expect(readFileSync(path).equals(bytes)).toBe(true);
    expect(existsSync(`${path}-wal`)).toBe(false);
  });

  it.each(['-wal', '-shm'])('stops when its %s was removed, with all that was stored in the file', (side) => {
    const path = sample.temporaryDatabase();
    const { store, next } = begun(path);
    unlinkSync(path + side);
    const error = caught(() => {
      next(2);
    });
    expect(error.message).toContain(`${path}${side}, which belongs to the database ${path}, was removed or replaced`);
    expect(error.message).toContain('All that was stored is in it');
    store.close();
    expect(finishedIn(path)).toBe(2);
  });

  it('stops when its -wal was replaced by another file, which stays', () => {
    const path = sample.temporaryDatabase();
    const { store, next } = begun(path);
    unlinkSync(`${path}-wal`);
    writeFileSync(`${path}-wal`, 'something of a person');
    expect(
      caught(() => {
        next(2);
      }).code,
    ).toBe('replaced');
    store.close();
    expect(readFileSync(`${path}-wal`, 'utf8')).toBe('something of a person');
    unlinkSync(`${path}-wal`);
    expect(finishedIn(path)).toBe(2);
  });

  it('stops when its -wal was emptied in place, and names the trials that were in it alone', () => {
    const path = sample.temporaryDatabase();
    const { store, next } = begun(path);
    truncateSync(`${path}-wal`);
    const error = caught(() => {
      next(2);
    });
    expect(error.code).toBe('replaced');
    expect(error.message).toContain('2 finished trials of this run (trial 0; trial 1)');
    store.close();
    expect(finishedIn(path)).toBe(0);
  });

  it('notices a removal through a link, and that a link leads elsewhere', () => {
    const path = sample.temporaryDatabase();
    const link = join(dirname(path), 'link.db');
    writeFileSync(path, '');
    symlinkSync(path, link);
    const first = begun(link);
    unlinkSync(readlink(link));
    expect(
      caught(() => {
        first.next(2);
      }).message,
    ).toContain(`The database ${link} was removed`);
    first.store.close();

    unlinkSync(link);
    writeFileSync(path, '');
    symlinkSync(path, link);
    const second = begun(link);
    unlinkSync(link);
    const error = caught(() => {
      second.next(2);
    });
    expect(error.message).toContain(`It is now ${path}. All that was stored is in it`);
    second.store.close();
    expect(finishedIn(path)).toBe(2);
  });

  it('goes on while others read, copy, check and vacuum the database', () => {
    const path = sample.temporaryDatabase();
    const { store, next } = begun(path);
    const other = new Database(path);
    let index = 2;
    for (const sql of ['VACUUM', 'PRAGMA wal_checkpoint(TRUNCATE)', 'CREATE TABLE z (x); DROP TABLE z', 'VACUUM']) {
      other.exec(sql);
      for (let more = 0; more < 60; more++) next(index++);
    }
    other.close();
    linkSync(path, `${path}.hard`);
    copyFileSync(path, `${path}.copy`);
    next(index++);
    expect(store.close()).toBeNull();
    expect(existsSync(`${path}-wal`)).toBe(false);
    expect(finishedIn(path)).toBe(index);
  });
});

function readlink(link: string): string {
  return join(dirname(link), 'sweep.db');
}

describe('17: the lock file is deleted', () => {
  it('keeps a second writer out all the same, and the first takes the lock anew', async () => {
    const path = sample.temporaryDatabase();
    const { store, next } = begun(path);
    rmSync(`${path}.lock`);
    const second = caught(() => openStore(path));
    expect(second.code).toBe('locked');
    expect(second.message).toContain(`Process ${process.pid} on `);
    next(2);
    // A lock of the first again: another process meets it before it meets the database.
    const { lockDatabase } = await import('../../src/store/file/lock-database.js');
    expect(caught(() => lockDatabase(path)).message).toContain(`Process ${process.pid} on `);
    expect(store.close()).toBeNull();
    openStore(path).close();
    expect(finishedIn(path)).toBe(3);
  });

  it('lets a run in after one that was killed, whose claim is still in the database', async () => {
    const path = sample.temporaryDatabase();
    const script = new URL('../store/writing-child.ts', import.meta.url).pathname;
    const child = spawn(process.execPath, ['--import', 'tsx', script, 'write', path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise((resolve) => child.stdout.once('data', resolve));
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('exit', resolve));
    rmSync(`${path}.lock`, { force: true });
    openStore(path).close();
  });

  it('ends a run whose claim another one has taken over', () => {
    const path = sample.temporaryDatabase();
    const { store, next } = begun(path);
    const other = new Database(path);
    other.exec(`UPDATE writer SET mark = 'another', pid = 7, host = 'elsewhere'`);
    other.close();
    const error = caught(() => {
      next(2);
    });
    expect(error.code).toBe('locked');
    expect(error.message).toContain('Process 7 on elsewhere has taken');
    store.close();
    expect(finishedIn(path)).toBe(2);
  });
});

const manyTrials = smallExperiment.replace(
  'smoothing.alpha: [0.4, 0.6]',
  'smoothing.alpha: { from: 0.05, to: 0.95, step: 0.01 }',
);

describe('17: run', () => {
  it.each([
    [
      'removed',
      (path: string) => {
        removeAll(path);
      },
      /quantsweep\.db was removed while the sweep ran/,
    ],
    [
      'moved into another folder',
      (path: string) => {
        mkdirSync(`${dirname(path)}/elsewhere`);
        renameSync(path, `${dirname(path)}/elsewhere/q.db`);
      },
      /It is now .*elsewhere\/q\.db\./,
    ],
  ])('ends with exit code 1 when its database was %s', async (_, disturb, message) => {
    const folder = temporaryFolder();
    const path = join(folder, 'quantsweep.db');
    const running = new Running(['run', writeExperiment(folder, manyTrials)], folder);
    await running.printed('[3/');
    disturb(path);
    const { code, stdout, stderr } = await running.ended;
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(code).toBe(1);
    expect(stdout).not.toContain('trials run');
    // Far from all of the 184 trials: it stopped at the next commit.
    expect(Number(/\[(\d+)\/\d+\](?!.*\[)/s.exec(stdout)?.[1])).toBeLessThan(60);
  });

  it('refuses a second run while the first goes on, with the lock file deleted', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'quantsweep.db');
    const text = smallExperiment.replace('[0.4, 0.6]', '{ from: 0.1, to: 0.9, step: 0.05 }');
    const experiment = writeExperiment(folder, text);
    const first = new Running(['run', experiment], folder);
    await first.printed('[2/');
    unlinkSync(`${path}.lock`);
    const second = await quantsweep(folder, 'run', experiment, '--no-wait');
    expect(second.stderr).toMatch(/Process \d+ on .* runs a sweep on /);
    expect(second.code).toBe(1);
    const { code, stdout, stderr } = await first.ended;
    expect(code, stdout + stderr).toBe(0);
  });
});
