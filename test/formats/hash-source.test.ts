import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';

import { expect, it } from 'vitest';

import { hashSource } from '../../src/formats/hash-source.js';
import type { InputSource } from '../../src/formats/input-schema.js';
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

it('a missing file is named', async () => {
  await expect(hashSource({ format: 'cifar10', path: '/nowhere/a.bin' })).rejects.toThrow('/nowhere/a.bin');
});

it('the hash of a folder depends on the files in it, their names and bytes', async () => {
  const write = temporaryFolder();
  const folder = (name: string, files: Readonly<Record<string, string>>): string => {
    for (const [file, text] of Object.entries(files)) write(`${name}/${file}`, text);
    return join(dirname(write('x', '')), name);
  };
  const hash = (path: string, labels: string | null = null) =>
    hashSource({ format: 'npyFolder', path, labels, groundTruth: null });
  const first = await hash(folder('a', { 'a.npy': '1', 'b.npy': '2' }));
  expect(await hash(folder('b', { 'b.npy': '2', 'a.npy': '1', 'notes.txt': 'x' }))).toBe(first);
  const different = [
    first,
    await hash(folder('c', { 'a.npy': '2', 'b.npy': '1' })),
    await hash(folder('d', { 'a.npy': '1' })),
    await hash(folder('e', { 'a.npy': '1', 'c.npy': '2' })),
    await hash(folder('a', {}), write('labels.csv', 'a.npy,1')),
  ];
  expect(new Set(different).size).toBe(different.length);
});

it('the hash of images depends on how they are made tensors', async () => {
  const path = dirname(temporaryFolder()('a.png', 'bytes'));
  const base = { format: 'imageFolder', path, labels: null, resize: null, crop: null } as const;
  const hashes = await Promise.all([
    hashSource({ ...base, kernel: 'linear', channels: 3 }),
    hashSource({ ...base, kernel: 'cubic', channels: 3 }),
    hashSource({ ...base, kernel: 'linear', channels: 1 }),
    hashSource({ ...base, kernel: 'linear', channels: 3, resize: 8 }),
    hashSource({ ...base, kernel: 'linear', channels: 3, crop: 8 }),
  ]);
  expect(new Set(hashes).size).toBe(hashes.length);
});

it('the hash of synthetic samples depends on all of their settings', async () => {
  const base = { format: 'synthetic', shape: [2, 2], distribution: 'normal', seed: 1, count: 2 } as const;
  const hashes = await Promise.all([
    hashSource({ ...base, channelScales: null }),
    hashSource({ ...base, channelScales: [1, 2] }),
    hashSource({ ...base, channelScales: null, count: 3 }),
    hashSource({ ...base, channelScales: null, seed: 2 }),
  ]);
  expect(new Set(hashes).size).toBe(hashes.length);
  expect(await hashSource({ ...base, channelScales: null })).toBe(hashes[0]);
});

it('the hash of a dataset module depends on its bytes, its options and what it says of its data', async () => {
  const write = temporaryFolder();
  const code = (identity: string): string =>
    `export default () => ({ sampleShape: [1], sampleCount: 1, identity: ${identity}, read: () => new Float32Array(1) });`;
  const hash = (path: string, options = {}) => hashSource({ format: 'module', path, options });
  const plain = write('a.mjs', code('null'));
  expect(await hash(plain)).toBe(await hash(write('b.mjs', code('null'))));
  // The same bytes for both: only what the module says differs.
  const telling = code('process.env.QUANTSWEEP_TEST_IDENTITY ?? "none"');
  const before = await hash(write('c.mjs', telling));
  process.env['QUANTSWEEP_TEST_IDENTITY'] = 'files of May';
  const after = await hash(write('d.mjs', telling));
  delete process.env['QUANTSWEEP_TEST_IDENTITY'];
  const different = [await hash(plain), await hash(plain, { fast: true }), before, after];
  expect(new Set(different).size).toBe(different.length);
});

it('further inputs are part of the hash, by name, place and bytes', async () => {
  const write = temporaryFolder();
  const [a, b] = [write('a', 'one'), write('b', 'two')];
  const input = { path: a, array: null, value: null, per: 'sample' } as const;
  const hash = (inputs?: Readonly<Record<string, InputSource>>) =>
    hashSource({ format: 'cifar10', path: a, ...(inputs === undefined ? {} : { inputs }) });
  const different = [
    await hash(),
    await hash({ imu: input }),
    await hash({ pose: input }),
    await hash({ imu: { ...input, path: b } }),
    await hash({ imu: { ...input, per: 'run' } }),
    await hash({ imu: { ...input, path: null, value: 1 } }),
    await hash({ imu: { ...input, path: null, value: 2 } }),
  ];
  expect(new Set(different).size).toBe(different.length);
  const two = await hash({ imu: input, pose: { ...input, path: b } });
  expect(await hash({ pose: { ...input, path: b }, imu: input })).toBe(two);
});
