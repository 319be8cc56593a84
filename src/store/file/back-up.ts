import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';

import type Database from 'better-sqlite3';

import { explainFailure, messageOf } from './sqlite-failure.js';
import { StoreError } from '../store-error.js';

/**
 * Makes a whole, compact copy `<file>.v<version>.bak` (or `.bak.2`, ...; earlier copies are kept)
 * and returns its path. The copy is written under another name, brought to the disk, and only then
 * gets this one: whatever is called `.bak` is whole, also after a kill, a full disk or a power cut.
 *
 * Throws {@link StoreError} where it can't be written: `disk-full`, `io`, `no-permission`.
 */
export function backUp(database: Database.Database, file: string, version: number): string {
  const name = `${file}.v${version}.bak`;
  const partial = `${name}.partial`;
  removePartial(partial);
  try {
    database.prepare('VACUUM INTO ?').run(partial);
    synchronize(partial);
    const copy = freeName(name);
    renameSync(partial, copy);
    // The name itself is in the folder.
    synchronize(dirname(file));
    return copy;
  } catch (error) {
    removePartial(partial);
    throw explainBackUp(error, name);
  }
}

function freeName(name: string): string {
  let copy = name;
  for (let number = 2; existsSync(copy); number += 1) copy = `${name}.${number}`;
  return copy;
}

/** What an earlier try left that was killed. */
function removePartial(partial: string): void {
  rmSync(partial, { force: true });
  rmSync(`${partial}-journal`, { force: true });
}

/** Windows opens no folders; there the name is on the disk by itself. */
function synchronize(path: string): void {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch (error) {
    if (process.platform === 'win32') return;
    throw error;
  }
  try {
    fsyncSync(descriptor);
  } catch (error) {
    // Some file systems synchronize no folders, Windows nothing that was opened for reading.
    if (!['EINVAL', 'ENOTSUP', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  } finally {
    closeSync(descriptor);
  }
}

function explainBackUp(error: unknown, name: string): unknown {
  const explained = explainFailure(error, name);
  if (!(explained instanceof StoreError)) return error;
  return new StoreError(
    explained.code,
    `The copy ${name}, which is made before the database is migrated, could not be written (${messageOf(error)}). The database is as it was. ${
      explained.code === 'disk-full' ? 'Free some space' : 'Make its folder writable, or mend the disk'
    }, and run the same command again.`,
    { cause: error },
  );
}
