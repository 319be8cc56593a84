import { closeSync, fstatSync, openSync, readlinkSync, readSync, realpathSync } from 'node:fs';

import Database from 'better-sqlite3';

import type { Connection } from './connection.js';
import { fileIdentity } from './file-identity.js';
import { LogFile } from './log-file.js';

/** What has become of the files of an open database. */
export type FileState =
  | { readonly kind: 'whole' }
  /**
   * No name leads to the file any more: it is gone with this process. `isReplaced`: another file is
   * under its path.
   */
  | { readonly kind: 'removed'; readonly isReplaced: boolean }
  /** The file is whole and elsewhere; `to` is null where the system does not tell. */
  | { readonly kind: 'moved'; readonly to: string | null }
  /** Other contents were written into the file itself. */
  | { readonly kind: 'overwritten' }
  /**
   * The file is in place; its `-wal` or `-shm` is not, or not what was written. `isSound`: the ones
   * that are open are, so that all that was committed can still be read.
   */
  | { readonly kind: 'side'; readonly path: string; readonly isSound: boolean };

/** Looking while another program writes may catch it half way. */
const looks = 5;

function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
}

/**
 * The files of a database that this process writes in WAL mode, and whether they are still those
 * that it has open. SQLite asks for none of it: it would go on writing into files that nobody finds
 * again, with success.
 *
 * A descriptor of its own keeps the file's number from being given to another one; see `LogFile`
 * for when it is closed.
 */
export class DatabaseFile {
  readonly #descriptor: number;
  readonly #identity: string;
  readonly #log: LogFile;
  readonly #page: Buffer;
  #position = 0;

  /**
   * @param given the path as it was named, which may be or lead through a link
   * @param connection open, in WAL mode, after its first transaction
   */
  constructor(
    readonly given: string,
    private readonly connection: Connection,
  ) {
    const file = realpathSync(given);
    this.#descriptor = openSync(file, 'r');
    const { dev, ino } = fstatSync(this.#descriptor, { bigint: true });
    this.#identity = `${dev} ${ino}`;
    this.#page = Buffer.alloc(Number(connection.database.pragma('page_size', { simple: true })));
    this.#log = new LogFile(file, this.#page.length);
    this.#locatePage();
  }

  /** Bytes of the write-ahead log. */
  get logBytes(): number {
    return this.#log.bytes;
  }

  /**
   * @param marks of which one must stand in the file itself, in the page of `writer`; null where
   * none is known to
   */
  state(marks: readonly string[] | null): FileState {
    const there = fileIdentity(this.given);
    if (there !== this.#identity) {
      return fstatSync(this.#descriptor).nlink === 0
        ? { kind: 'removed', isReplaced: there !== null }
        : { kind: 'moved', to: this.#place() };
    }
    if (marks !== null && !this.#holds(marks)) return { kind: 'overwritten' };
    const isSound = this.isLogSound();
    const path = this.#log.misplaced() ?? (isSound ? null : this.#log.path);
    return path === null ? { kind: 'whole' } : { kind: 'side', path, isSound };
  }

  /** Whether the open log holds what was committed. */
  isLogSound(): boolean {
    for (let look = 0; look < looks; look++) {
      if (this.#log.isSound()) return true;
      pause();
    }
    return false;
  }

  /**
   * Where another database is under the path, or none: the log must not be taken for that of what
   * comes there.
   */
  removeLog(): void {
    this.#log.remove();
  }

  /** After the connections to the file are closed. */
  close(): void {
    this.#log.close();
    closeSync(this.#descriptor);
  }

  #holds(marks: readonly string[]): boolean {
    for (let look = 0; look < looks; look++) {
      this.#page.fill(0);
      readSync(this.#descriptor, this.#page, 0, this.#page.length, this.#position);
      if (marks.some((mark) => this.#page.includes(mark, 0, 'latin1'))) return true;
      pause();
    }
    // VACUUM of another program moves tables to other pages; where they are now is not in the file
    // yet.
    return this.#locatePage();
  }

  /** True where the page is another one than before. */
  #locatePage(): boolean {
    try {
      const row = this.connection.get(`SELECT rootpage FROM sqlite_schema WHERE name = 'writer'`);
      const position = ((row as { readonly rootpage: number }).rootpage - 1) * this.#page.length;
      const moved = position !== this.#position;
      this.#position = position;
      return moved;
    } catch (error) {
      // The schema itself can't be read any more.
      if (error instanceof Database.SqliteError) return false;
      throw error;
    }
  }

  /** Where the open file is now (proc(5)). */
  #place(): string | null {
    try {
      const path = readlinkSync(`/proc/self/fd/${this.#descriptor}`);
      return fileIdentity(path) === this.#identity ? path : null;
    } catch {
      return null;
    }
  }
}
