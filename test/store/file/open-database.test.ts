import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import Database from 'better-sqlite3';
import { beforeEach, describe, expect, it } from 'vitest';

import { lockDatabase } from '../../../src/store/file/lock-database.js';
import { readMigrations, type Migration } from '../../../src/store/schema/migrations.js';
import { openDatabase } from '../../../src/store/file/open-database.js';
import { openReadOnly } from '../../../src/store/file/open-read-only.js';
import { applicationId } from '../../../src/store/schema/schema-identity.js';
import { openStore } from '../../../src/store/write/sqlite-store.js';
import { StoreError } from '../../../src/store/store-error.js';
import * as sample from '../sample-sweep.js';

const childScript = fileURLToPath(new URL('../writing-child.ts', import.meta.url));

function caught(work: () => unknown): StoreError {
  try {
    work();
  } catch (error) {
    if (error instanceof StoreError) return error;
    throw error;
  }
  throw new Error('Expected a StoreError, nothing was thrown');
}

function migration(number: number, sql: string): Migration {
  return { number, name: `000${number}-test.sql`, sql, sha256: `sha-${number}-${sql.length}` };
}

const first = migration(1, 'CREATE TABLE a (x INTEGER PRIMARY KEY) STRICT; INSERT INTO a VALUES (7);');
const second = migration(2, 'CREATE TABLE b (y INTEGER REFERENCES a(x)) STRICT; INSERT INTO b SELECT x FROM a;');

describe('openDatabase', () => {
  let path: string;
  beforeEach(() => {
    path = sample.temporaryDatabase();
  });
  const write = (migrations: readonly Migration[]): void => {
    openDatabase(path, { migrations }).close();
  };

  it('creates the file, its folders and the schema, and says who it belongs to', () => {
    path = join(path, '..', 'deep', 'er', 'new.db');
    const database = openDatabase(path);
    const pragma = (name: string): unknown => database.pragma(name, { simple: true });
    expect(pragma('application_id')).toBe(applicationId);
    expect(pragma('user_version')).toBe(readMigrations().length);
    expect([pragma('journal_mode'), pragma('foreign_keys'), pragma('synchronous')]).toEqual(['wal', 1, 1]);
    expect(database.prepare('SELECT number, name, sha256 FROM migration').all()).toEqual(
      readMigrations().map(({ number, name, sha256 }) => ({ number, name, sha256 })),
    );
    database.close();
  });

  it('opens an existing database again without a copy', () => {
    openDatabase(path).close();
    openDatabase(path).close();
    expect(existsSync(`${path}.v1.bak`)).toBe(false);
  });

  it('migrates an existing database and keeps a copy of it', () => {
    write([first]);
    write([first, second]);
    const database = new Database(path, { readonly: true });
    expect(database.prepare('SELECT y FROM b').pluck().all()).toEqual([7]);
    expect(database.pragma('user_version', { simple: true })).toBe(2);
    database.close();
    const copy = new Database(`${path}.v1.bak`, { readonly: true });
    expect(copy.pragma('user_version', { simple: true })).toBe(1);
    expect(copy.prepare('SELECT x FROM a').pluck().all()).toEqual([7]);
    copy.close();
  });

  it('leaves the version before it when a migration fails half way', () => {
    write([first]);
    const broken = migration(2, 'CREATE TABLE c (z INTEGER) STRICT; INSERT INTO nowhere VALUES (1);');
    expect(() => {
      write([first, broken]);
    }).toThrow(/0002-test\.sql failed.*no such table: nowhere/);
    const dangling = migration(2, 'CREATE TABLE c (z INTEGER REFERENCES a(x)) STRICT; INSERT INTO c VALUES (99);');
    expect(() => {
      write([first, dangling]);
    }).toThrow(/left 1 broken references/);
    const database = new Database(path, { readonly: true });
    expect(database.pragma('user_version', { simple: true })).toBe(1);
    expect(database.prepare(`SELECT name FROM sqlite_schema WHERE name = 'c'`).all()).toEqual([]);
    database.close();
    write([first, second]);
    expect(existsSync(`${path}.v1.bak.3`)).toBe(true);
  });

  it.each(['wal', 'delete'])('leaves every byte when a later one of several migrations fails, in mode %s', (mode) => {
    write([first]);
    const made = new Database(path);
    made.pragma(`journal_mode = ${mode}`);
    made.close();
    const before = readFileSync(path);
    // More than the cache of a connection holds, so that pages reach the disk before the failure.
    const large = migration(2, 'CREATE TABLE b (y BLOB) STRICT; INSERT INTO b VALUES (zeroblob(40000000));');
    const broken = migration(3, 'INSERT INTO a VALUES (8); INSERT INTO nowhere VALUES (1);');
    expect(() => {
      write([first, large, broken]);
    }).toThrow(/0003-test\.sql failed.*The file is as it was/);
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(existsSync(`${path}-journal`)).toBe(false);
    write([first, second]);
    expect(caught(() => openDatabase(path, { migrations: [first] })).message).toMatch(/schema version 2;.*up to 1/);
  });

  it('refuses a newer schema with both versions and changes nothing', () => {
    write([first, second]);
    const before = readFileSync(path);
    const error = caught(() => {
      write([first]);
    });
    expect(error.code).toBe('newer-schema');
    expect(error.message).toMatch(/schema version 2;.*up to 1/);
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it('refuses a database whose migration was edited since', () => {
    write([first]);
    const error = caught(() => {
      write([{ ...first, sha256: 'another' }]);
    });
    expect(error.code).toBe('changed-migration');
    expect(error.message).toContain('0001-test.sql');
  });

  it('refuses a database of another program without touching it', () => {
    const foreign = new Database(path);
    foreign.exec('CREATE TABLE notes (text TEXT)');
    foreign.close();
    const before = readFileSync(path);
    expect(caught(() => openDatabase(path)).code).toBe('foreign-database');
    expect(caught(() => openStore(path)).code).toBe('foreign-database');
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(existsSync(`${path}.lock`)).toBe(false);
  });

  it('says what is wrong with a folder, a text file, a damaged file and a parent that is a file', () => {
    const folder = mkdtempSync(join(tmpdir(), 'quantsweep-store-'));
    expect(caught(() => openStore(folder)).message).toMatch(/got a folder: .*Give a file in it/);
    writeFileSync(path, 'This is no database, however long this text may be. '.repeat(20));
    expect(caught(() => openStore(path)).code).toBe('not-a-database');
    expect(caught(() => openStore(join(path, 'in-a-file.db'))).code).toBe('bad-path');
    const damaged = join(folder, 'damaged.db');
    openDatabase(damaged).close();
    const bytes = readFileSync(damaged);
    writeFileSync(damaged, bytes.fill(0xa5, 100, 4096));
    expect(caught(() => openStore(damaged)).code).toBe('not-a-database');
  });

  it('takes an empty file as a new database', () => {
    writeFileSync(path, '');
    openStore(path).close();
    expect(statSync(path).size).toBeGreaterThan(0);
  });

  // Root may write everything; there the child that drops its rights shows it.
  it('says so when the file may not be written', async () => {
    openDatabase(path).close();
    const { chmodSync } = await import('node:fs');
    chmodSync(path, 0o444);
    chmodSync(join(path, '..'), 0o555);
    expect(await runUnprivileged('store', path)).toMatch(/^no-permission: .*sweep\.db/);
    expect(await runUnprivileged('read', path)).toBe('tables: 20+');
    chmodSync(join(path, '..'), 0o755);
  });
});

describe('openReadOnly', () => {
  it('names what is missing, empty or older', () => {
    const path = sample.temporaryDatabase();
    expect(caught(() => openReadOnly(path)).code).toBe('missing');
    writeFileSync(path, '');
    expect(caught(() => openReadOnly(path)).message).toContain('no sweep has been run');
    mkdirSync(`${path}.d`);
    expect(caught(() => openReadOnly(`${path}.d`)).code).toBe('bad-path');
  });

  it('refuses a newer schema with both versions', () => {
    const path = sample.temporaryDatabase();
    const known = readMigrations().length;
    const database = openDatabase(path);
    database.pragma(`user_version = ${known + 3}`);
    database.close();
    expect(caught(() => openReadOnly(path)).message).toContain(
      `schema version ${known + 3}; this quantsweep knows versions up to ${known}`,
    );
  });
});

describe('lockDatabase', () => {
  it('refuses a second run in this process and lets it in after release', () => {
    const path = sample.temporaryDatabase();
    const lock = lockDatabase(path);
    expect(caught(() => lockDatabase(path)).message).toContain(`Process ${process.pid} on `);
    lock.release();
    lock.release();
    lockDatabase(path).release();
  });

  it('names the process that holds it, and is free after that was killed', async () => {
    const path = sample.temporaryDatabase();
    const child = startChild('write', path);
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    expect(line.toString()).toContain('writing');
    const error = caught(() => openStore(path));
    expect(error.code).toBe('locked');
    expect(error.message).toContain(`Process ${child.pid} on `);
    child.kill('SIGKILL');
    await once(child, 'exit');
    openStore(path).close();
  });
});

describe('a writer killed with SIGKILL', () => {
  it.each([20, 61, 137, 260])('after %i ms leaves a whole database with only whole trials', async (delayMs) => {
    const path = sample.temporaryDatabase();
    const child = startChild('write', path);
    await once(child.stdout, 'data');
    await new Promise((resolve) => setTimeout(resolve, delayMs));
    child.kill('SIGKILL');
    await once(child, 'exit');
    openStore(path).close();
    const database = new Database(path, { readonly: true });
    expect(database.pragma('integrity_check', { simple: true })).toBe('ok');
    expect(database.pragma('foreign_key_check')).toEqual([]);
    const torn = database
      .prepare(
        `SELECT count(*) FROM trial t WHERE status = 'done' AND role <> 'fp32'
           AND ((SELECT count(*) FROM layer_loss l WHERE l.trial_id = t.id) <> 2
             OR (SELECT count(*) FROM sample_outcome o WHERE o.trial_id = t.id) <> 1
             OR (SELECT count(*) FROM attempt a WHERE a.trial_id = t.id AND a.status = 'done') <> 1)`,
      )
      .pluck()
      .get();
    expect(torn).toBe(0);
    database.close();
  });
});

function startChild(mode: string, path: string, identity: { uid?: number; gid?: number } = {}) {
  return spawn(process.execPath, ['--import', 'tsx', childScript, mode, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
    ...identity,
  });
}

async function runUnprivileged(mode: string, path: string): Promise<string> {
  const child = startChild(mode, path, process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {});
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  await once(child, 'close');
  return output.trim();
}
