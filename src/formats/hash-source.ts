import { createHash, type Hash } from 'node:crypto';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';

import type { DataSource } from './data-source.js';
import { generateBevScenes } from './bev/bev-scenes.js';
import { imageLibraryVersion } from './image-folder/decode-image.js';
import { openFile } from './io/file-source.js';
import { imageClasses } from './image-folder/image-classes.js';
import { IMAGE_DEPTH, IMAGE_EXTENSIONS } from './image-folder/image-folder.js';
import { listFiles } from './io/list-files.js';
import { readModuleIdentity } from './module/module-dataset.js';
import { createSynthetic, type SyntheticSource } from './synthetic/synthetic.js';

/** To be raised with every change of the scenes that `generateBevScenes` makes. */
const BEV_GENERATOR_VERSION = 1;
/** To be raised with every change of the numbers that `createSynthetic` draws. */
const SYNTHETIC_VERSION = 1;
const AS_STORED = { layout: 'channelsFirst', channelOrder: 'keep', divideBy: 1, mean: null, std: null } as const;
const CHUNK_BYTES = 1 << 22;

/** Told of every piece of a file that was read: how many of its bytes are done. */
export type OnHashing = (path: string, doneBytes: number, sizeBytes: number) => void;

type Hashing = Hash & { readonly onHashing: OnHashing };

/**
 * Returns the SHA-256, hex, of everything that the samples, labels and ground truth of `source` depend on: the format and
 * the bytes of all its files (not their paths); for `bevScenes` the generator's version, seed, number of scenes and, in
 * case the version was forgotten, its first scene; for `synthetic` likewise; for images also the library that decodes
 * them; for a module its own bytes, its options and what it says of its data. Further inputs follow by name. Memory is constant and the event loop gets turns in between.
 *
 * @param onHashing told of each piece that was read
 * @throws DatasetError when a file is missing.
 */
export async function hashSource(source: DataSource, onHashing: OnHashing = () => undefined): Promise<string> {
  const hash: Hashing = Object.assign(createHash('sha256'), { onHashing });
  switch (source.format) {
    case 'cifar10':
      addHeader(hash, { format: source.format });
      await addFile(hash, 'samples', source.path);
      break;
    case 'npy':
      addHeader(hash, { format: source.format });
      await addFile(hash, 'samples', source.path);
      await addFile(hash, 'labels', source.labels);
      await addFile(hash, 'groundTruth', source.groundTruth);
      break;
    case 'npz':
      addHeader(hash, { format: source.format, array: source.array, labelsArray: source.labelsArray });
      await addFile(hash, 'samples', source.path);
      await addFile(hash, 'groundTruth', source.groundTruth);
      break;
    case 'idx':
      addHeader(hash, { format: source.format });
      await addFile(hash, 'samples', source.path);
      await addFile(hash, 'labels', source.labels);
      break;
    case 'npyFolder':
      addHeader(hash, { format: source.format });
      await addFolder(hash, source.path, listFiles(source.path, ['.npy'], 1));
      await addFile(hash, 'labels', source.labels);
      await addFile(hash, 'groundTruth', source.groundTruth);
      break;
    case 'imageFolder': {
      const { format, resize, crop, kernel, channels } = source;
      addHeader(hash, { format, resize, crop, kernel, channels, library: await imageLibraryVersion() });
      // Folders without images number the others.
      if (source.labels === null) addHeader(hash, { classes: imageClasses(source.path, source.classes ?? null) });
      await addFolder(hash, source.path, listFiles(source.path, IMAGE_EXTENSIONS, IMAGE_DEPTH));
      await addFile(hash, 'labels', source.labels);
      break;
    }
    case 'synthetic':
      await addSynthetic(hash, source);
      break;
    case 'module':
      addHeader(hash, { format: source.format, options: source.options });
      await addFile(hash, 'module', source.path);
      addHeader(hash, { identity: await readModuleIdentity(source) });
      break;
    case 'bevScenes':
      addScenes(hash, source.seed, source.scenes);
      break;
  }
  for (const [name, { path, array, value, per }] of Object.entries(source.inputs ?? {}).sort(byName)) {
    addHeader(hash, { input: name, array, value, per });
    await addFile(hash, 'input', path);
  }
  return hash.digest('hex');
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

function addHeader(hash: Hash, header: Readonly<Record<string, unknown>>): void {
  hash.update(`${JSON.stringify(header)}\n`);
}

/** The size goes first, so that no two lists of files feed the hash alike. */
async function addFile(hash: Hashing, role: string, path: string | null): Promise<void> {
  if (path === null) return;
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

/** Names inside the folder count: they give the order, and classes or the lines of a CSV go by them. */
async function addFolder(hash: Hashing, folder: string, files: readonly string[]): Promise<void> {
  for (const name of files) await addFile(hash, `sample ${name}`, join(folder, name));
}

/** With the first sample, in case the version was forgotten. */
async function addSynthetic(hash: Hash, source: SyntheticSource): Promise<void> {
  const { format, shape, distribution, channelScales, seed, count } = source;
  addHeader(hash, { format, version: SYNTHETIC_VERSION, shape, distribution, channelScales, seed, count });
  const dataset = createSynthetic(source, AS_STORED);
  const sample = new Float32Array(shape.reduce((product, size) => product * size, 1));
  await dataset.read(0, 1, sample);
  hash.update(new Uint8Array(sample.buffer));
}

function addScenes(hash: Hash, seed: number, scenes: number): void {
  addHeader(hash, { format: 'bevScenes', version: BEV_GENERATOR_VERSION, seed, scenes });
  const { features, groundTruth } = generateBevScenes({ seed, first: 0, count: 1 });
  hash.update(new Uint8Array(features.buffer, features.byteOffset, features.byteLength));
  hash.update(JSON.stringify(groundTruth));
}
