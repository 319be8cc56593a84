import { closeSync, fstatSync, openSync, readSync, rmSync } from 'node:fs';

import { fileIdentity } from './file-identity.js';

/** Of the frames of a log: page number, size, salts and checksum before each page. */
const frameHeaderBytes = 24;
const logHeaderBytes = 32;

/**
 * The write-ahead log (`-wal`) and its index (`-shm`) of an open database, see
 * https://www.sqlite.org/walformat.html. SQLite never asks again whether they are what it wrote: it
 * reads pages from the log by the index alone.
 *
 * Both descriptors stay open until SQLite's own are closed: closing one gives up all locks of the
 * process (fcntl(2)).
 */
export class LogFile {
  readonly #log: Opened;
  readonly #index: Opened;

  /** @param file the database, links resolved, open in WAL mode and read once */
  constructor(
    file: string,
    private readonly pageBytes: number,
  ) {
    this.#log = open(`${file}-wal`);
    this.#index = open(`${file}-shm`);
  }

  /** Bytes of the log. */
  get bytes(): number {
    return fstatSync(this.#log.descriptor).size;
  }

  /**
   * The path of the two that leads to another file than the open one, or to none; null where both
   * are in place.
   */
  misplaced(): string | null {
    return [this.#log, this.#index].find(({ path, identity }) => fileIdentity(path) !== identity)?.path ?? null;
  }

  get path(): string {
    return this.#log.path;
  }

  /**
   * False where the log is shorter than the commits that the index says are in it, or is another
   * log.
   */
  isSound(): boolean {
    const index = Buffer.alloc(48);
    const header = Buffer.alloc(logHeaderBytes);
    readSync(this.#index.descriptor, index, 0, index.length, 0);
    const frames = isLittleEndian ? index.readUInt32LE(16) : index.readUInt32BE(16);
    // After all of it went back into the file its old contents mean nothing.
    if (frames === 0) return true;
    readSync(this.#log.descriptor, header, 0, header.length, 0);
    return (
      this.bytes >= logHeaderBytes + frames * (frameHeaderBytes + this.pageBytes) &&
      header.subarray(16, 24).equals(index.subarray(32, 40))
    );
  }

  /**
   * Removes those of the two files that are this process's: beside another database they would be
   * taken for its own.
   */
  remove(): void {
    for (const { path, identity } of [this.#log, this.#index]) {
      if (fileIdentity(path) === identity) rmSync(path, { force: true });
    }
  }

  close(): void {
    closeSync(this.#log.descriptor);
    closeSync(this.#index.descriptor);
  }
}

interface Opened {
  readonly path: string;
  readonly descriptor: number;
  readonly identity: string;
}

function open(path: string): Opened {
  const descriptor = openSync(path, 'r');
  const { dev, ino } = fstatSync(descriptor, { bigint: true });
  return { path, descriptor, identity: `${dev} ${ino}` };
}

/** The index is in the machine's own order of bytes. */
const isLittleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
