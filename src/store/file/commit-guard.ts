import Database from 'better-sqlite3';

import type { Connection } from './connection.js';
import { DatabaseFile, type FileState } from './database-file.js';
import type { DatabaseLock } from './lock-database.js';
import { replacedError } from './replaced-error.js';
import { explainFailure, messageOf } from './sqlite-failure.js';
import { StoreError } from '../store-error.js';
import { WriterClaim } from './writer-claim.js';

/**
 * The log goes back into the file whenever it has grown by so much, as SQLite does by itself after
 * 1,000 pages.
 */
const logGrowthBytes = 4 * 2 ** 20;

/**
 * Watches over what a run commits: each transaction ends with the question whether the files under
 * the database's path are still those that are open, and whether this run is still the one that
 * writes them. Where not, nothing is committed, and nothing is written into files of others.
 *
 * It writes the log back itself, in place of SQLite: only then is it known which commits the file
 * holds, so that other contents in it are noticed, and so that it can be said which trials are lost
 * with a log.
 */
export class CommitGuard {
  readonly #claim: WriterClaim;
  readonly #file: DatabaseFile;
  /**
   * Only reads. While it is open SQLite does not write the log back when the other connection
   * closes, nor removes the log by its name: in a file or log that is no longer this run's that
   * would destroy what others put there.
   */
  readonly #holder: Database.Database;
  /**
   * Of which the file holds one; null where another program kept the log from being written back.
   */
  #marks: string[] | null = null;
  /** Trials that this run has stored, and those of them that are in the log alone. */
  readonly #trials: string[] = [];
  #inLog: string[] = [];
  #writeBackAt = logGrowthBytes;
  #lost: StoreError | null = null;

  /** @throws StoreError `locked` where another run holds the claim */
  constructor(
    private readonly given: string,
    private readonly connection: Connection,
    private readonly lock: DatabaseLock,
  ) {
    this.#claim = new WriterClaim(connection);
    connection.transaction(() => {
      this.#claim.take(given);
    });
    connection.database.pragma('wal_autocheckpoint = 0');
    this.#file = new DatabaseFile(given, connection);
    this.#holder = new Database(connection.database.name, { readonly: true, fileMustExist: true });
    this.#holder.pragma('schema_version');
    this.#writeBack(0);
  }

  /** Inside a transaction, after its work. @throws StoreError `replaced`, `locked` */
  beforeCommit(): void {
    this.#checkFiles();
    this.#claim.check(this.given);
    this.lock.renew();
  }

  afterCommit(): void {
    if (this.#file.logBytes < this.#writeBackAt) return;
    try {
      this.#claim.renew();
      if (this.#marks !== null) this.#marks.push(this.#claim.mark);
      this.#writeBack(0);
    } catch (error) {
      // What was committed is safe in the log. Whether the disk fails is asked again, and told,
      // when the run ends.
      if (!(error instanceof Database.SqliteError)) throw error;
    }
    this.#writeBackAt = this.#file.logBytes + logGrowthBytes;
  }

  /**
   * What a failed transaction failed of, where it is that the files are not those that were opened.
   */
  cause(error: unknown): unknown {
    if (error instanceof StoreError && error.code === 'replaced') return error;
    try {
      this.#checkFiles();
      return error;
    } catch (replaced) {
      return replaced;
    }
  }

  /** A trial of that label was committed. */
  stored(trial: string): void {
    this.#trials.push(trial);
    this.#inLog.push(trial);
  }

  /**
   * Writes the log back and closes the connection.
   *
   * @returns what a person should know, where another program kept the log from being written back;
   * else null
   * @throws StoreError `replaced` unless a transaction said so before; where the log can't be
   * written back
   */
  close(): string | null {
    this.#claim.end();
    const told = this.#lost;
    try {
      this.#checkFiles();
    } catch (error) {
      this.#holder.close();
      this.#file.close();
      if (told === null) throw error;
      return null;
    }
    try {
      this.#release();
      if (this.#writeBack(null)) return null;
      return `Note: another program reads ${this.given}, so the last results are still in ${this.given}-wal. Copy both files, or close that program first.`;
    } catch (error) {
      throw this.#notWrittenBack(error);
    } finally {
      this.#holder.close();
      this.connection.close();
      this.#file.close();
    }
  }

  /**
   * On a full disk, or where another program holds the database, the row stays: it counts only
   * while its process lives.
   */
  #release(): void {
    try {
      this.connection.database
        .transaction(() => {
          this.#claim.release();
        })
        .immediate();
    } catch (error) {
      if (!(error instanceof Database.SqliteError)) throw error;
    }
  }

  #notWrittenBack(error: unknown): unknown {
    const explained = explainFailure(error, this.given);
    if (!(explained instanceof StoreError)) return error;
    const trials = this.#inLog.length === 0 ? '' : ` (${this.#inLog.length} trials among them)`;
    return new StoreError(
      explained.code,
      `The last results${trials} are safe in ${this.given}-wal, but could not be written back into ${this.given} (${messageOf(error)}): a copy of that file alone lacks them. Keep both files together, mend the disk or free some space, and run the same command again.`,
      { cause: error },
    );
  }

  #checkFiles(): void {
    if (this.#lost !== null) throw this.#lost;
    const state = this.#file.state(this.#marks);
    if (state.kind === 'whole') return;
    const saved = this.#rescue(state);
    this.#lost = replacedError(this.given, state, { saved, trials: this.#trials, inLog: this.#inLog });
    throw this.#lost;
  }

  /**
   * Writes what was committed back into the file where that is whole, wherever it is now, and lets
   * go of it. Rolls back the transaction that is open. True where the file holds all that was
   * committed.
   */
  #rescue(state: FileState): boolean {
    const { database } = this.connection;
    let saved = false;
    try {
      if (database.inTransaction) database.exec('ROLLBACK');
      if ((state.kind === 'moved' || state.kind === 'side') && this.#file.isLogSound()) {
        this.#release();
        saved = this.#writeBack(null);
      }
    } catch (error) {
      if (!(error instanceof Database.SqliteError)) throw error;
    }
    this.connection.close();
    if (state.kind === 'side' ? saved && state.isSound : this.#file.isLogSound()) this.#file.removeLog();
    return saved;
  }

  /**
   * Writes the log into the file; true where the file now holds every commit.
   *
   * @param waitMs for other programs that read; null: as long as the connection waits
   */
  #writeBack(waitMs: number | null): boolean {
    const { database } = this.connection;
    const usual = Number(database.pragma('busy_timeout', { simple: true }));
    if (waitMs !== null) database.pragma(`busy_timeout = ${waitMs}`);
    try {
      // A connection that has only just gone over to the write-ahead log must read once before it
      // can empty it.
      database.pragma('user_version');
      const [result] = database.pragma('wal_checkpoint(TRUNCATE)') as readonly { readonly [key: string]: number }[];
      if (result === undefined) return false;
      const { busy, log, checkpointed } = result;
      if (busy !== 0 && log !== checkpointed) return false;
      this.#marks = [this.#claim.mark];
      this.#inLog = [];
      return true;
    } finally {
      database.pragma(`busy_timeout = ${usual}`);
    }
  }
}
