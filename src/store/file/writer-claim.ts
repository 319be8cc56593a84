import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';

import type { Connection } from './connection.js';
import { processIdentity } from './process-identity.js';
import { StoreError } from '../store-error.js';

interface Writer {
  readonly mark: string;
  readonly pid: number;
  readonly host: string;
  readonly since: string;
  readonly process: string | null;
}

/**
 * Tokens of the claims that this process has now: it may have left a row behind that could not be
 * taken back.
 */
const ownTokens = new Set<string>();

/**
 * Says in the database itself who writes it: the one row of `writer`, whose `mark` is this run's
 * alone. Whoever lost the database to another process finds another mark, or none, in its next
 * transaction. The lock file keeps runs apart as well, but it can be deleted; the row can't.
 */
export class WriterClaim {
  readonly #token = randomUUID();
  #checkpoint = 0;

  constructor(private readonly connection: Connection) {}

  /** Differs between runs, and between the checkpoints of one. */
  get mark(): string {
    return this.#markOf(this.#checkpoint);
  }

  #markOf(checkpoint: number): string {
    return `${this.#token} ${String(checkpoint).padStart(6, '0')}`;
  }

  /**
   * Inside a transaction. Throws StoreError `locked` where a process of this machine that lives
   * holds the claim.
   */
  take(path: string): void {
    const writer = this.#read();
    if (writer !== undefined && isAlive(writer)) {
      throw new StoreError(
        'locked',
        `Process ${writer.pid} on ${writer.host} (since ${writer.since}) runs a sweep on ${path}, though its lock file is gone. Wait until it ends, stop it, or give another database.`,
      );
    }
    this.connection.run(
      'INSERT OR REPLACE INTO writer (id, mark, pid, host, since, process) VALUES (1, ?, ?, ?, ?, ?)',
      this.mark,
      process.pid,
      hostname(),
      new Date().toISOString(),
      processIdentity(process.pid),
    );
    ownTokens.add(this.#token);
  }

  /** This process writes the file no more. */
  end(): void {
    ownTokens.delete(this.#token);
  }

  /**
   * Inside a transaction. Throws StoreError `locked` where another run has taken the database over.
   */
  check(path: string): void {
    const writer = this.#read();
    if (writer?.mark === this.mark) return;
    const who = writer === undefined ? 'Another program' : `Process ${writer.pid} on ${writer.host}`;
    throw new StoreError(
      'locked',
      `${who} has taken ${path} over while this run wrote it. What this run has stored before is kept. Let one run at a time use the database, and run the same command again.`,
    );
  }

  /**
   * Writes a mark that no copy of the file has yet. Outside of a transaction: SQLite makes one of
   * the statement.
   */
  renew(): void {
    this.connection.run('UPDATE writer SET mark = ? WHERE id = 1', this.#markOf(this.#checkpoint + 1));
    this.#checkpoint += 1;
  }

  /** Inside a transaction. */
  release(): void {
    this.connection.run('DELETE FROM writer WHERE mark = ?', this.mark);
  }

  #read(): Writer | undefined {
    return this.connection.get('SELECT mark, pid, host, since, process FROM writer WHERE id = 1') as Writer | undefined;
  }
}

/**
 * Of a process of another machine, or where the system names no processes, nothing is known: the
 * lock file, which this process holds, then says that nobody runs; a process that runs nevertheless
 * finds itself replaced at its next commit.
 */
function isAlive({ mark, pid, host, process: identity }: Writer): boolean {
  if (identity === null || host !== hostname() || processIdentity(pid) !== identity) return false;
  return pid !== process.pid || ownTokens.has(mark.split(' ', 1)[0]!);
}
