import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { serialize } from 'node:v8';
import { removeTemporary, temporaryFolder } from '../../formats/io/scratch-folder.js';
import type { Job } from '../jobs/jobs.js';

/** Bytes of numbers from which on a field of a job goes through a file. */
const LARGE_BYTES = 2 ** 20;

/** Files that no job needs and that stay nevertheless: the jobs that come next often need them. */
const MOST_UNUSED = 2;

/** A job as a child gets it. */
export interface SpilledJob {
  /** Without the fields that lie in files. */
  readonly job: Job;
  /** Path by field. */
  readonly files: Readonly<Record<string, string>>;
}

interface File {
  readonly path: string;
  holders: number;
  isDropped: boolean;
}

/**
 * Large fields of jobs, second moments above all, which many jobs share as one object: each object
 * is written once into a file of the private temporary folder, and its children read it there. Over
 * the channel to a child every job would copy it anew. A path is never used for other contents.
 */
export class SpilledFields {
  /** By identity. */
  readonly #files = new WeakMap<object, File>();
  /** Those without a holder, oldest first. */
  readonly #unused = new Set<File>();
  #folder: string | null = null;
  #next = 1;

  /**
   * Writes the large fields of a job that are in no file yet. To be released when it has ended.
   *
   * @throws SurroundingsError, or an error of the system, where they can't be written
   */
  hold(job: Job): { readonly spilled: SpilledJob; readonly release: () => void } {
    const large = Object.entries(job).filter(([, value]) => isLarge(value)) as readonly (readonly [string, object])[];
    const held: File[] = [];
    const release = (): void => {
      for (const file of held.splice(0)) this.#release(file);
    };
    try {
      for (const [, value] of large) held.push(this.#hold(value));
    } catch (cause) {
      release();
      throw cause;
    }
    const names = new Set(large.map(([name]) => name));
    // Without fields that the child puts back, see `readFields`.
    const rest = Object.fromEntries(Object.entries(job).filter(([name]) => !names.has(name))) as unknown as Job;
    const files = Object.fromEntries(large.map(([name], index) => [name, held[index]!.path]));
    return { spilled: { job: rest, files }, release };
  }

  /** Removes all files. */
  close(): void {
    if (this.#folder !== null) removeTemporary(this.#folder);
    this.#folder = null;
    this.#unused.clear();
  }

  #hold(value: object): File {
    const known = this.#files.get(value);
    // Whoever tidies the temporary folder up may have taken it away since.
    const file = known?.isDropped === false && existsSync(known.path) ? known : this.#write(value);
    file.holders++;
    this.#unused.delete(file);
    return file;
  }

  #write(value: object): File {
    if (this.#folder === null || !existsSync(this.#folder)) this.#folder = temporaryFolder('fields');
    const path = join(this.#folder, String(this.#next++));
    writeFileSync(path, serialize(value), { mode: 0o600 });
    const file: File = { path, holders: 0, isDropped: false };
    this.#files.set(value, file);
    return file;
  }

  #release(file: File): void {
    file.holders--;
    if (file.holders > 0) return;
    this.#unused.add(file);
    for (const oldest of this.#unused) {
      if (this.#unused.size <= MOST_UNUSED) return;
      this.#unused.delete(oldest);
      oldest.isDropped = true;
      rmSync(oldest.path, { force: true });
    }
  }
}

function isLarge(value: unknown): boolean {
  return bytesOf(value, LARGE_BYTES) >= LARGE_BYTES;
}

/** Bytes of all typed arrays in a value; of no more than `most` the rest is not looked at. */
function bytesOf(value: unknown, most: number): number {
  if (typeof value !== 'object' || value === null) return 0;
  if (ArrayBuffer.isView(value)) return value.byteLength;
  let bytes = 0;
  for (const inner of value instanceof Map ? value.values() : Object.values(value)) {
    bytes += bytesOf(inner, most - bytes);
    if (bytes >= most) break;
  }
  return bytes;
}
