import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

import { DatasetError } from '../dataset-error.js';
import { kindOfFile } from './kind-of-file.js';

/** Windows has neither the flag nor pipes among its files. */
const NONBLOCK = (constants as Partial<typeof constants>).O_NONBLOCK ?? 0;

/** Bytes that are read by position, so that memory does not grow with their number. */
export interface ByteSource {
  /** What messages call it: the file's path, or `path:member`. */
  readonly path: string;
  readonly sizeBytes: number;
  /**
   * Fills the whole of `into` with the bytes from `position` on.
   *
   * @throws DatasetError when the source ends before that.
   */
  read(position: number, into: Uint8Array): void;
  close(): void;
}

/**
 * Opens a regular file; with `list-files.ts` and `decode-image.ts` the only place of this folder
 * that touches the file system.
 *
 * @throws DatasetError when there is no readable regular file at `path`.
 */
export function openFile(path: string): ByteSource {
  const descriptor = openRegularFile(path);
  const sizeBytes = fstatSync(descriptor).size;
  let open = true;
  return {
    path,
    sizeBytes,
    read(position, into) {
      if (!open) throw new DatasetError({ expected: 'an open file', got: 'one that was closed', where: path });
      let done = 0;
      while (done < into.length) {
        const count = readSync(descriptor, into, done, into.length - done, position + done);
        if (count === 0) throw endOfData(path, position, into.length, position + done);
        done += count;
      }
    },
    close() {
      if (open) closeSync(descriptor);
      open = false;
    },
  };
}

/**
 * Returns `sizeBytes` bytes of `source` from `start` on as a source of their own, called `path`;
 * closing it closes `source`.
 */
export function windowOf(source: ByteSource, path: string, start: number, sizeBytes: number): ByteSource {
  return {
    path,
    sizeBytes,
    read(position, into) {
      if (position + into.length > sizeBytes) throw endOfData(path, position, into.length, sizeBytes);
      source.read(start + position, into);
    },
    close() {
      source.close();
    },
  };
}

/** Returns bytes in memory as a source called `path`. */
export function memorySource(path: string, bytes: Uint8Array): ByteSource {
  return {
    path,
    sizeBytes: bytes.length,
    read(position, into) {
      if (position + into.length > bytes.length) throw endOfData(path, position, into.length, bytes.length);
      into.set(bytes.subarray(position, position + into.length));
    },
    close() {
      // Nothing is held open.
    },
  };
}

function openRegularFile(path: string): number {
  let descriptor: number;
  try {
    // Not to wait for somebody to write into a pipe.
    descriptor = openSync(path, constants.O_RDONLY | NONBLOCK);
  } catch (cause) {
    const got = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    const advice = 'Check the path; in an experiment file it is relative to that file.';
    throw new DatasetError({ expected: 'a readable file', got, where: path, advice }, { cause });
  }
  const stats = fstatSync(descriptor);
  if (stats.isFile()) return descriptor;
  closeSync(descriptor);
  throw new DatasetError({ expected: 'a regular file', got: kindOfFile(stats), where: path });
}

function endOfData(path: string, position: number, count: number, end: number): DatasetError {
  return new DatasetError({
    expected: `${count} bytes from byte ${position} on`,
    got: `the end of the data at byte ${end}`,
    where: path,
    advice: 'The file is cut short, or it changed after it was opened.',
  });
}
