import { existsSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { resolve } from 'node:path';

import Database from 'better-sqlite3';

import { processIdentity } from '../file/process-identity.js';

/**
 * Whether a sweep runs on a database, as far as another process can see. Times are UTC, ISO 8601.
 */
export type RunState =
  | { readonly kind: 'none' }
  /** The process that took the lock last is alive. */
  | { readonly kind: 'running'; readonly pid: number; readonly host: string; readonly since: string }
  /** It was of another host (or container), whose processes can't be seen from here. */
  | { readonly kind: 'unknown'; readonly pid: number; readonly host: string; readonly since: string };

interface Owner {
  readonly pid: number;
  readonly host: string;
  readonly since: string;
  /**
   * Its `processIdentity`; null or left out where the system, or the quantsweep that wrote it, told
   * none.
   */
  readonly process?: string | null;
}

/**
 * By so much a process may seem to have begun after it took the lock, where the system's clock was
 * set meanwhile.
 */
const clockToleranceMs = 60_000;

/**
 * Who runs a sweep on the database at `path`: reads the row that `lockDatabase` left beside it and
 * looks whether that process lives. Takes no lock and writes nothing, so it holds up no run; a file
 * that can't be read counts as none.
 */
export function readRunState(path: string): RunState {
  const owner = readOwner(`${resolve(path)}.lock`);
  if (owner === null) return { kind: 'none' };
  const { pid, host, since } = owner;
  if (host !== hostname()) return { kind: 'unknown', pid, host, since };
  return isAlive(owner) ? { kind: 'running', pid, host, since } : { kind: 'none' };
}

function readOwner(file: string): Owner | null {
  if (!existsSync(file)) return null;
  let database: Database.Database | null = null;
  try {
    database = new Database(file, { readonly: true, fileMustExist: true, timeout: 50 });
    return (database.prepare('SELECT * FROM owner').get() as Owner | undefined) ?? null;
  } catch {
    // Empty, or caught in the instant in which the owner writes its row: the next look sees it.
    return null;
  } finally {
    database?.close();
  }
}

function isAlive({ pid, since, process: identity }: Owner): boolean {
  if (typeof identity === 'string') return processIdentity(pid) === identity;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives and belongs to another user.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const began = processStart(pid);
  return began === null || began <= Date.parse(since) + clockToleranceMs;
}

/**
 * When a process began, in milliseconds since 1970: numbers of processes are given anew, so a
 * number alone does not name one. From /proc (proc(5): field 22 of stat, in hundredths of a second
 * after boot); null on other systems.
 */
function processStart(pid: number): number | null {
  try {
    const uptime = Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]);
    // The second field is a name in parentheses that may hold spaces.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    const began = Date.now() - 1000 * (uptime - Number(fields[19]) / 100);
    return Number.isFinite(began) ? began : null;
  } catch {
    return null;
  }
}
