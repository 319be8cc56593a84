import { createHash, type Hash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';

import { formatOf, type DataSource } from './data-source.js';
import type { SourceIdentity } from './format.js';
import { openFile } from './io/file-source.js';

const CHUNK_BYTES = 1 << 22;

/** Told of every piece of a file that was read: how many of its bytes are done. */
export type OnHashing = (path: string, doneBytes: number, sizeBytes: number) => void;

type Hashing = Hash & { readonly onHashing: OnHashing };

/**
 * Returns the SHA-256, hex, of everything that the samples, labels and ground truth of `source`
 * depend on: the format, what its definition calls the source's identity, and the bytes of its
 * files (not their paths). Further inputs follow by name. Memory is constant and the event loop
 * gets turns in between.
 *
 * @param onHashing told of each piece that was read
 * @throws DatasetError when a file is missing.
 */
export async function hashSource(source: DataSource, onHashing?: OnHashing): Promise<string> {
  return (await hashWithBesides(source, onHashing)).sha256;
}

/**
 * {@link hashSource}, and the same of what samples depend on besides the bytes of files: settings,
 * the version of a decoder, what a module says of itself. Where another machine has the files, that
 * is what is left to compare.
 */
export async function hashWithBesides(
  source: DataSource,
  onHashing: OnHashing = () => undefined,
): Promise<{ readonly sha256: string; readonly besides: string }> {
  const hash: Hashing = Object.assign(createHash('sha256'), { onHashing });
  const format = formatOf(source);
  const identity = await format.identity(source);
  addParts(hash, [{ format: source.format, ...identity.header }, ...(identity.before ?? [])]);
  for (const { role, path } of format.files(source)) if (role !== null) await addFile(hash, role, path);
  addParts(hash, identity.after ?? []);
  for (const [name, { path, array, value, per }] of Object.entries(source.inputs ?? {}).sort(byName)) {
    addHeader(hash, { input: name, array, value, per });
    if (path !== null) await addFile(hash, 'input', path);
  }
  return { sha256: hash.digest('hex'), besides: hashIdentity(source, identity) };
}

/** The second hash of {@link hashWithBesides} alone. @throws DatasetError */
export async function hashBesides(source: DataSource): Promise<string> {
  return hashIdentity(source, await formatOf(source).identity(source));
}

function hashIdentity(
  { format, inputs = {} }: DataSource,
  { header, before = [], after = [] }: SourceIdentity,
): string {
  const hash = createHash('sha256');
  addParts(hash, [{ format, ...header }, ...before, ...after]);
  for (const [name, { array, value, per }] of Object.entries(inputs).sort(byName)) {
    addHeader(hash, { input: name, array, value, per });
  }
  return hash.digest('hex');
}

function addParts(hash: Hash, parts: readonly (Readonly<Record<string, unknown>> | Uint8Array)[]): void {
  for (const part of parts) {
    if (part instanceof Uint8Array) hash.update(part);
    else addHeader(hash, part);
  }
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}

/** SHA-256, hex, of a file's size and bytes. @throws DatasetError when it is missing */
export async function hashFile(path: string): Promise<string> {
  const hash: Hashing = Object.assign(createHash('sha256'), { onHashing: () => undefined });
  await addFile(hash, 'file', path);
  return hash.digest('hex');
}

/**
 * SHA-256, hex, of the roles, sizes and bytes of files, in their order. @throws DatasetError when
 * one is missing
 */
export async function hashFiles(files: readonly { readonly role: string; readonly path: string }[]): Promise<string> {
  const hash: Hashing = Object.assign(createHash('sha256'), { onHashing: () => undefined });
  for (const { role, path } of files) await addFile(hash, role, path);
  return hash.digest('hex');
}

function addHeader(hash: Hash, header: Readonly<Record<string, unknown>>): void {
  hash.update(`${JSON.stringify(header)}\n`);
}

/** The size goes first, so that no two lists of files feed the hash alike. */
async function addFile(hash: Hashing, role: string, path: string): Promise<void> {
  const file = openFile(path);
  try {
    addHeader(hash, { role, sizeBytes: file.sizeBytes });
    const chunk = new Uint8Array(Math.min(CHUNK_BYTES, file.sizeBytes));
    for (let place = 0; place < file.sizeBytes; place += chunk.length) {
      const piece = chunk.subarray(0, Math.min(chunk.length, file.sizeBytes - place));
      file.read(place, piece);
      hash.update(piece);
      hash.onHashing(path, place + piece.length, file.sizeBytes);
      await nextTurn();
    }
  } finally {
    file.close();
  }
}
