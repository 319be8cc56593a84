import { createHash } from 'node:crypto';

import { expect, it } from 'vitest';

import { hashSource } from '../../src/data/hash-source.js';
import { temporaryFolder } from './write-files.js';

it('the hash of a CIFAR-10 file is that of its header line and bytes, read in pieces', async () => {
  const bytes = new Uint8Array(5_000_000).map((_, index) => index % 251);
  const path = temporaryFolder()('a.bin', bytes);
  const expected = createHash('sha256')
    .update('{"format":"cifar10"}\n{"role":"samples","sizeBytes":5000000}\n')
    .update(bytes)
    .digest('hex');
  expect(await hashSource({ format: 'cifar10', path })).toBe(expected);
});

it('the hash does not depend on paths, and does on every file and its role', async () => {
  const write = temporaryFolder();
  const [a, b, c] = [write('a', 'one'), write('b', 'one'), write('c', 'two')];
  const hash = (path: string, labels: string | null, groundTruth: string | null) =>
    hashSource({ format: 'npy', path, labels, groundTruth });
  expect(await hash(a, null, null)).toBe(await hash(b, null, null));
  const different = [
    await hash(a, null, null),
    await hash(c, null, null),
    await hash(a, c, null),
    await hash(a, null, c),
    await hash(a, c, c),
    await hashSource({ format: 'npz', path: a, array: 'x', labelsArray: null, groundTruth: null }),
    await hashSource({ format: 'npz', path: a, array: 'y', labelsArray: null, groundTruth: null }),
  ];
  expect(new Set(different).size).toBe(different.length);
});

it('the hash of generated scenes depends on seed and number', async () => {
  const hashes = await Promise.all(
    [
      { seed: 1, scenes: 8 },
      { seed: 2, scenes: 8 },
      { seed: 1, scenes: 9 },
    ].map((arguments_) => hashSource({ format: 'bevScenes', ...arguments_ })),
  );
  expect(new Set(hashes).size).toBe(3);
  expect(await hashSource({ format: 'bevScenes', seed: 1, scenes: 8 })).toBe(hashes[0]);
});

it('a missing file is named', async () => {
  await expect(hashSource({ format: 'cifar10', path: '/nowhere/a.bin' })).rejects.toThrow('/nowhere/a.bin');
});
