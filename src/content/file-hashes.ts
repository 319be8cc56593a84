import { createHash } from 'node:crypto';
import { constants, type BigIntStats } from 'node:fs';
import { open, stat, type FileHandle } from 'node:fs/promises';
import { DatasetError } from '../formats/dataset-error.js';
import type { OnHashing } from '../formats/hash-source.js';
import { kindOfFile } from '../formats/io/kind-of-file.js';

const CHUNK_BYTES = 1 << 20;
/** Windows has neither the flag nor pipes among its files. */
const NONBLOCK = (constants as Partial<typeof constants>).O_NONBLOCK ?? 0;

export interface HashedFile {
  readonly sizeBytes: number;
  /** Of the bytes alone, hex. */
  readonly sha256: string;
  readonly executable: boolean;
}

/** A hash that was taken, and the file's stamp of before it was. */
export interface KnownHash {
  readonly path: string;
  readonly stamp: string;
  readonly sha256: string;
}

export interface HashOptions {
  readonly onHashing?: OnHashing | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Reads the file again although its stamp is known. */
  readonly afresh?: boolean;
}

/** Where hashes are kept: a Map by path will do. */
export interface HashMemory {
  get(path: string): KnownHash | undefined;
  add(hash: KnownHash): void;
}

/** For as long as a process lives. */
export class MemoryOfProcess implements HashMemory {
  readonly #known = new Map<string, KnownHash>();

  get(path: string): KnownHash | undefined {
    return this.#known.get(path);
  }

  add(hash: KnownHash): void {
    this.#known.set(hash.path, hash);
  }
}

/**
 * SHA-256 of files, each read once as long as its size, times and inode stay what they were. Reads
 * a piece at a time and lets the event loop turn in between.
 */
export class FileHashes {
  readonly #memory: HashMemory;

  constructor(memory: HashMemory = new MemoryOfProcess()) {
    this.#memory = memory;
  }

  /** @throws DatasetError when there is no readable regular file, or it changes while it is read */
  async of(path: string, options: HashOptions = {}): Promise<HashedFile> {
    const known = options.afresh === true ? undefined : this.#memory.get(path);
    if (known !== undefined) {
      const stats = await stat(path, { bigint: true }).catch(() => null);
      if (stats?.isFile() === true && stampOf(stats) === known.stamp)
        return { ...factsOf(stats), sha256: known.sha256 };
    }
    const { stamp, ...file } = await readHash(path, options);
    this.#memory.add({ path, stamp, sha256: file.sha256 });
    return file;
  }

  /** Takes a file's hash from whoever has just written it. */
  async learn(path: string, sha256: string): Promise<void> {
    this.#memory.add({ path, stamp: stampOf(await stat(path, { bigint: true })), sha256 });
  }
}

/** Reads a file for its hash, whatever is known. @throws as {@link FileHashes.of} */
export async function readHash(
  path: string,
  { onHashing, signal }: HashOptions = {},
): Promise<HashedFile & { readonly stamp: string }> {
  signal?.throwIfAborted();
  const file = await openFile(path);
  try {
    const stats = await lookAt(file, path);
    const { sizeBytes, executable } = factsOf(stats);
    const sha256 = await hashBytes(file, path, sizeBytes, (done) => {
      signal?.throwIfAborted();
      onHashing?.(path, done, sizeBytes);
    });
    const stamp = stampOf(stats);
    if (stampOf(await lookAt(file, path)) === stamp) return { sizeBytes, executable, sha256, stamp };
    throw new DatasetError({
      expected: 'a file that stays as it is while it is read',
      got: 'one that changes',
      where: path,
    });
  } finally {
    await file.close();
  }
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    // Not to wait for somebody to write into a pipe.
    return await open(path, constants.O_RDONLY | NONBLOCK);
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

async function lookAt(file: FileHandle, path: string): Promise<BigIntStats> {
  const stats = await file.stat({ bigint: true });
  if (stats.isFile()) return stats;
  throw new DatasetError({ expected: 'a regular file', got: kindOfFile(await file.stat()), where: path });
}

function factsOf({ size, mode }: BigIntStats): Omit<HashedFile, 'sha256'> {
  return { sizeBytes: Number(size), executable: (mode & 0o100n) !== 0n };
}

function stampOf({ size, mtimeNs, ctimeNs, ino }: BigIntStats): string {
  return [size, mtimeNs, ctimeNs, ino].join(' ');
}

async function hashBytes(
  file: FileHandle,
  path: string,
  sizeBytes: number,
  onPiece: (done: number) => void,
): Promise<string> {
  const hash = createHash('sha256');
  const chunk = new Uint8Array(Math.min(CHUNK_BYTES, sizeBytes));
  for (let done = 0; done < sizeBytes;) {
    const { bytesRead } = await file
      .read(chunk, 0, Math.min(chunk.length, sizeBytes - done), done)
      .catch((cause: unknown) => {
        throw unreadable(path, cause);
      });
    // The stamp says what happened to it.
    if (bytesRead === 0) break;
    hash.update(chunk.subarray(0, bytesRead));
    done += bytesRead;
    onPiece(done);
  }
  return hash.digest('hex');
}

function unreadable(path: string, cause: unknown): DatasetError {
  const got = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
  return new DatasetError({ expected: 'a readable file', got, where: path }, { cause });
}
