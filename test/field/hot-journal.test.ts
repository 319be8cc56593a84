import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';

import { openQueries } from '../../src/store/query/query-database.js';
import { openStore } from '../../src/store/write/sqlite-store.js';
import { StoreError } from '../../src/store/store-error.js';
import { quantsweep } from '../cli/command-line.js';
import * as sample from '../store/sample-sweep.js';

const driver = createRequire(import.meta.url).resolve('better-sqlite3');
const isRoot = process.getuid?.() === 0;
if (!isRoot) console.warn('Skipped: reading as another user needs the right to become one.');

/**
 * Another program that is killed in the middle of a transaction, whose pages are in the file
 * already (no cache).
 */
async function killedInside(path: string, setup: string, change: string): Promise<void> {
  const program = `
    const database = new (require(${JSON.stringify(driver)}))(${JSON.stringify(path)});
    database.pragma('cache_size = 1');
    database.exec(${JSON.stringify(`${setup}; BEGIN IMMEDIATE; ${change}`)});
    process.stdout.write('inside');
    setInterval(() => undefined, 1000);`;
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'exit');
}

/** fp32 0.9, unsmoothed 0.2, static 0.8, dynamic 0.7. */
function filled(): string {
  const path = sample.temporaryDatabase();
  const store = openStore(path);
  sample.fill(store);
  store.close();
  return path;
}

const values = `SELECT value FROM v_accuracy WHERE metric = 'top1' ORDER BY value`;
const stored = [[0.2], [0.7], [0.8], [0.9]];

function read(path: string): unknown {
  const queries = openQueries(path, 200);
  try {
    return queries.query(values).rows;
  } finally {
    queries.close();
  }
}

/**
 * A change of every value, and of enough pages that SQLite writes into the file before the commit.
 */
const change = `UPDATE accuracy SET value = 0.125; INSERT INTO stage_part SELECT min(id), 'x', zeroblob(3000000) FROM stage`;
/** And one after which the file's schema can't be read without the journal. */
const schemaChange = `${change}; CREATE TABLE junk (x BLOB); INSERT INTO junk VALUES (zeroblob(3000000))`;

async function withHotJournal(sql = change): Promise<string> {
  const path = filled();
  await killedInside(path, 'PRAGMA journal_mode = DELETE', sql);
  expect(statSync(`${path}-journal`).size).toBeGreaterThan(512);
  // Uncommitted values are in the file: whoever reads around the journal sees them.
  const raw = new Database(readFileSync(path), { readonly: true });
  const around = () => raw.prepare('SELECT DISTINCT value FROM accuracy').pluck().all();
  if (sql === change) expect(around()).toEqual([0.125]);
  else expect(around).toThrow(/malformed/);
  raw.close();
  return path;
}

/** As a user who may write nothing there. */
async function readUnprivileged(path: string): Promise<string> {
  const script = fileURLToPath(new URL('../store/writing-child.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', script, 'read', path], {
    stdio: ['ignore', 'pipe', 'inherit'],
    uid: 65534,
    gid: 65534,
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  await once(child, 'close');
  return output.trim();
}

function readOnlyFolder(folder: string, ...files: readonly string[]): void {
  chmodSync(folder, 0o555);
  for (const file of files) if (existsSync(file)) chmodSync(file, 0o444);
}

describe('35: a rollback that SQLite still owes', () => {
  it('is done before a read, which shows what was committed', async () => {
    const path = await withHotJournal();
    expect(read(path)).toEqual(stored);
    expect(existsSync(`${path}-journal`)).toBe(false);
  });

  it('is done by every command that reads, and by run', async () => {
    const path = await withHotJournal();
    const { code, stdout, stderr } = await quantsweep(dirname(path), 'query', values, '--db', path, '--format', 'json');
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout)).toEqual(stored.map(([value]) => ({ value })));

    const again = await withHotJournal(schemaChange);
    openStore(again).close();
    expect(read(again)).toEqual(stored);
  });

  it('is done behind a link, where the journal lies beside the file itself', async () => {
    const path = await withHotJournal();
    const link = join(dirname(path), 'elsewhere', 'link.db');
    mkdirSync(dirname(link));
    symlinkSync(path, link);
    expect(read(link)).toEqual(stored);
  });

  it('is done for a backup that has one beside it', async () => {
    const path = await withHotJournal();
    const backup = `${path}.v10.bak`;
    copyFileSync(path, backup);
    copyFileSync(`${path}-journal`, `${backup}-journal`);
    expect(read(backup)).toEqual(stored);
  });

  it('makes an empty file of a database whose first commit was cut off, which run begins anew', async () => {
    const path = sample.temporaryDatabase();
    await killedInside(
      path,
      'PRAGMA journal_mode = DELETE',
      'CREATE TABLE a (x BLOB); INSERT INTO a VALUES (zeroblob(3000000)); CREATE TABLE b (y); PRAGMA application_id = 7',
    );
    expect(statSync(path).size).toBeGreaterThan(0);
    expect(() => read(path)).toThrow(/is an empty database: no sweep has been run in it/);
    const store = openStore(path);
    sample.fill(store);
    store.close();
    expect(read(path)).toEqual(stored);
  });

  it('is left alone while its program lives and has not written into the file', () => {
    const path = filled();
    const writer = new Database(path);
    writer.pragma('journal_mode = DELETE');
    writer.exec('BEGIN IMMEDIATE; UPDATE accuracy SET value = 0.5');
    expect(read(path)).toEqual(stored);
    writer.exec('ROLLBACK');
    writer.close();
  });

  it('waits for a program that writes into the file, and then says who holds it', () => {
    const path = filled();
    const writer = new Database(path);
    writer.pragma('journal_mode = DELETE');
    writer.exec('BEGIN EXCLUSIVE; UPDATE accuracy SET value = 0.5');
    const error = (() => {
      try {
        return read(path);
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(error).toBeInstanceOf(StoreError);
    expect((error as StoreError).code).toBe('busy');
    writer.exec('ROLLBACK');
    writer.close();
    expect(read(path)).toEqual(stored);
  });

  it('reads past a journal that owes nothing', () => {
    const path = filled();
    const writer = new Database(path);
    writer.pragma('journal_mode = PERSIST');
    writer.exec('UPDATE sweep SET question = question');
    writer.close();
    expect(statSync(`${path}-journal`).size).toBeGreaterThan(0);
    expect(read(path)).toEqual(stored);
  });

  it.runIf(isRoot)('is refused, with what to do, where the file may not be written', async () => {
    const path = await withHotJournal();
    const link = join(sample.temporaryDatabase(), '..', 'link.db');
    symlinkSync(path, link);
    chmodSync(dirname(link), 0o755);
    readOnlyFolder(dirname(path), path, `${path}-journal`);
    for (const name of [path, link]) {
      const text = await readUnprivileged(name);
      expect(text).toMatch(/^unfinished: .* was ended in the middle of a change/);
      expect(text).toContain(`${path}-journal`);
      expect(text).toContain('copy both files together');
    }
    chmodSync(dirname(path), 0o755);
  });
});

describe('35: a write-ahead log that is not in the file yet', () => {
  async function withLog(): Promise<string> {
    const path = filled();
    const program = `
      const database = new (require(${JSON.stringify(driver)}))(${JSON.stringify(path)});
      database.pragma('wal_autocheckpoint = 0');
      database.exec("UPDATE accuracy SET value = 0.375 WHERE value = 0.7; BEGIN IMMEDIATE; UPDATE accuracy SET value = 0.5");
      process.stdout.write('inside');
      setInterval(() => undefined, 1000);`;
    const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(statSync(`${path}-wal`).size).toBeGreaterThan(0);
    return path;
  }

  it('is read with the file, but for what was not committed', async () => {
    const path = await withLog();
    expect(read(path)).toEqual([[0.2], [0.375], [0.8], [0.9]]);
  });

  it.runIf(isRoot)('is never left out where the folder may not be written, also behind a link', async () => {
    const path = await withLog();
    const link = join(sample.temporaryDatabase(), '..', 'link.db');
    symlinkSync(path, link);
    chmodSync(dirname(link), 0o755);
    // As a copy of the two files on a medium that is only read.
    const { unlinkSync } = await import('node:fs');
    unlinkSync(`${path}-shm`);
    readOnlyFolder(dirname(path), path, `${path}-wal`);
    for (const name of [path, link]) {
      const text = await readUnprivileged(name);
      expect(text).toMatch(/^unfinished: .*its last results are in .*sweep\.db-wal/);
    }
    chmodSync(dirname(path), 0o755);
    // One that owes nothing is read from the file.
    writeFileSync(`${path}-wal`, '');
    chmodSync(path, 0o444);
    chmodSync(dirname(path), 0o555);
    expect(await readUnprivileged(path)).toBe('tables: 20+');
    chmodSync(dirname(path), 0o755);
  });
});
