import { expect, it } from 'vitest';

import { openDataset } from '../../src/formats/open-dataset.js';
import type { InputSource } from '../../src/formats/input-schema.js';
import { AS_STORED, npyArray, temporaryFolder } from './write-files.js';
import { zip } from './zip-archive.js';

const FILE: InputSource = { path: null, array: null, value: null, per: 'sample' };

function open(input: (write: ReturnType<typeof temporaryFolder>) => Partial<InputSource>) {
  const write = temporaryFolder();
  const path = write('samples.npy', npyArray('<f4', [2, 1], Float32Array.of(1, 2)));
  const inputs = { imu: { ...FILE, ...input(write) } };
  return openDataset({ format: 'npy', path, labels: null, groundTruth: null, inputs }, AS_STORED);
}

it('further inputs come from .npy, .npz or a value, beside the samples', async () => {
  const array = npyArray('<i8', [2, 3], BigInt64Array.of(1n, 2n, 3n, 4n, 5n, 6n));
  const plain = await open((write) => ({ path: write('imu.npy', array) }));
  expect(plain.inputs).toMatchObject([{ kind: 'array', name: 'imu', per: 'sample', array: { shape: [2, 3] } }]);
  const into = new Float32Array(2);
  await plain.read(0, 2, into);
  expect([...into]).toEqual([1, 2]);
  plain.close();
  const archive = await open((write) => ({
    path: write('a.npz', zip([{ name: 'imu.npy', data: array, method: 'deflated' }])),
    array: 'imu',
  }));
  expect(archive.inputs).toMatchObject([{ name: 'imu', array: { shape: [2, 3] } }]);
  archive.close();
  expect((await open(() => ({ value: true }))).inputs).toEqual([{ kind: 'value', name: 'imu', value: 1 }]);
});

it('an array per sample has an entry for each sample, one per run need not', async () => {
  const array = npyArray('<f4', [3], Float32Array.of(1, 2, 3));
  await expect(open((write) => ({ path: write('imu.npy', array) }))).rejects.toThrow(
    /^Expected an array \[2, \.\.\.\] for input "imu", one entry for each sample, got shape \[3\] \(.*imu\.npy\)/,
  );
  (await open((write) => ({ path: write('imu.npy', array), per: 'run' }))).close();
});
