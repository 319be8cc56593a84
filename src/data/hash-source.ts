import { createHash, type Hash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';

import type { DataSource } from '../experiment/settings.js';
import { generateBevScenes } from './bev-scenes.js';
import { openFile } from './file-source.js';

/** To be raised with every change of the scenes that `generateBevScenes` makes. */
const BEV_GENERATOR_VERSION = 1;
const CHUNK_BYTES = 1 << 22;

/**
 * Returns the SHA-256, hex, of everything that the samples, labels and ground truth of `source` depend on: the format and
 * the bytes of all its files (not their paths); for `bevScenes` the generator's version, seed, number of scenes and, in
 * case the version was forgotten, its first scene. Memory is constant and the event loop gets turns in between.
 *
 * @throws DatasetError when a file is missing.
 */
export async function hashSource(source: DataSource): Promise<string> {
  const hash = createHash('sha256');
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
    case 'bevScenes':
      addScenes(hash, source.seed, source.scenes);
      break;
  }
  return hash.digest('hex');
}

function addHeader(hash: Hash, header: Readonly<Record<string, unknown>>): void {
  hash.update(`${JSON.stringify(header)}\n`);
}

/** The size goes first, so that no two lists of files feed the hash alike. */
async function addFile(hash: Hash, role: string, path: string | null): Promise<void> {
  if (path === null) return;
  const file = openFile(path);
  try {
    addHeader(hash, { role, sizeBytes: file.sizeBytes });
    const chunk = new Uint8Array(Math.min(CHUNK_BYTES, file.sizeBytes));
    for (let place = 0; place < file.sizeBytes; place += chunk.length) {
      const piece = chunk.subarray(0, Math.min(chunk.length, file.sizeBytes - place));
      file.read(place, piece);
      hash.update(piece);
      await nextTurn();
    }
  } finally {
    file.close();
  }
}

function addScenes(hash: Hash, seed: number, scenes: number): void {
  addHeader(hash, { format: 'bevScenes', version: BEV_GENERATOR_VERSION, seed, scenes });
  const { features, groundTruth } = generateBevScenes({ seed, first: 0, count: 1 });
  hash.update(new Uint8Array(features.buffer, features.byteOffset, features.byteLength));
  hash.update(JSON.stringify(groundTruth));
}
