import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';

import type { Migration } from '../../src/store/schema/migrations.js';
import { openDatabase } from '../../src/store/file/open-database.js';
import { StoreError } from '../../src/store/store-error.js';
import { canMount } from '../faults/faults.js';
import { temporaryFolder } from '../cli/command-line.js';
import * as sample from '../store/sample-sweep.js';

function migration(number: number, sql: string): Migration {
  return { number, name: `000${number}-test.sql`, sql, sha256: `sha-${number}` };
}
const first = migration(1, 'CREATE TABLE a (x BLOB) STRICT; INSERT INTO a VALUES (zeroblob(6000000))');
const second = migration(2, 'CREATE TABLE b (y INTEGER) STRICT;');

const mounts = canMount(temporaryFolderOutside());
if (!mounts) console.warn('Skipped: a full disk needs the right to mount a file system.');

function temporaryFolderOutside(): string {
  return dirname(sample.temporaryDatabase());
}

describe('40: the copy that is made before a migration', () => {
  it('is whole, and nothing of another name is left', () => {
    const path = sample.temporaryDatabase();
    openDatabase(path, { migrations: [first] }).close();
    // What an earlier run left that was killed while it wrote its copy.
    writeFileSync(`${path}.v1.bak.partial`, 'half');
    openDatabase(path, { migrations: [first, second] }).close();
    const copy = new Database(`${path}.v1.bak`, { readonly: true });
    expect(copy.pragma('integrity_check', { simple: true })).toBe('ok');
    expect(copy.prepare('SELECT length(x) FROM a').pluck().get()).toBe(6_000_000);
    copy.close();
    expect(readdirSync(dirname(path)).sort()).toEqual(['sweep.db', 'sweep.db.v1.bak']);
  });

  it.runIf(mounts)('is not there where the disk is full, and the database is as it was', () => {
    const folder = temporaryFolder();
    const disk = join(folder, 'disk');
    mkdirSync(disk);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=9m', 'quantsweep', disk]);
    try {
      const path = join(disk, 'sweep.db');
      openDatabase(path, { migrations: [first] }).close();
      const before = readFileSync(path);
      let error: unknown = null;
      try {
        openDatabase(path, { migrations: [first, second] }).close();
      } catch (thrown) {
        error = thrown;
      }
      expect(error).toBeInstanceOf(StoreError);
      expect((error as StoreError).code).toBe('disk-full');
      expect((error as StoreError).message).toContain(`The copy ${path}.v1.bak`);
      expect((error as StoreError).message).toContain('Free some space');
      expect(readdirSync(disk)).toEqual(['sweep.db']);
      expect(readFileSync(path).equals(before)).toBe(true);
    } finally {
      execFileSync('umount', [disk]);
    }
  });

  it('never has its name before it is whole: killed while it is written', async () => {
    const path = sample.temporaryDatabase();
    openDatabase(path, { migrations: [first] }).close();
    const source = fileURLToPath(new URL('../../src/store/file/open-database.ts', import.meta.url));
    const program = `
      import { openDatabase } from ${JSON.stringify(source)};
      openDatabase(${JSON.stringify(path)}, { migrations: ${JSON.stringify([first, second])} });`;
    const script = join(dirname(path), 'migrate.mjs');
    writeFileSync(script, program);
    const child = spawn(process.execPath, ['--import', 'tsx', script], {
      stdio: 'inherit',
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
    });
    const ended = once(child, 'exit');
    // The moment at which its first bytes are there, or its end.
    while (!existsSync(`${path}.v1.bak.partial`) && !existsSync(`${path}.v1.bak`) && child.exitCode === null) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    child.kill('SIGKILL');
    await ended;
    if (existsSync(`${path}.v1.bak`)) {
      const copy = new Database(`${path}.v1.bak`, { readonly: true });
      expect(copy.pragma('integrity_check', { simple: true })).toBe('ok');
      expect(copy.prepare('SELECT length(x) FROM a').pluck().get()).toBe(6_000_000);
      copy.close();
    }
    openDatabase(path, { migrations: [first, second] }).close();
    expect(readdirSync(dirname(path)).some((name) => name.includes('partial'))).toBe(false);
  });
});
