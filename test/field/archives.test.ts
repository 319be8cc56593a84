import { crc32, deflateRawSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { Dataset } from '../../src/formats/dataset.js';
import { openDataset } from '../../src/formats/open-dataset.js';
import { AS_STORED, npyArray, temporaryFolder } from '../formats/write-files.js';
import { zip } from '../formats/zip-archive.js';

const ONE = npyArray('<f4', [1, 2], Float32Array.of(1, 2));
const TWO = npyArray('<f4', [1, 2], Float32Array.of(3, 4));

function openNpz(bytes: Uint8Array, array = 'x', labelsArray: string | null = null): Promise<Dataset> {
  const path = temporaryFolder()('data.npz', bytes);
  return openDataset({ format: 'npz', path, array, labelsArray, groundTruth: null }, AS_STORED);
}

async function firstSample(dataset: Dataset): Promise<readonly number[]> {
  const into = new Float32Array(2);
  await dataset.read(0, 1, into);
  dataset.close();
  return [...into];
}

describe('38: archives of arrays', () => {
  it('with a member twice are refused by its name and places', async () => {
    const twice = zip([
      { name: 'x.npy', data: ONE },
      { name: 'y.npy', data: ONE },
      { name: 'x.npy', data: TWO },
    ]);
    await expect(openNpz(twice)).rejects.toThrow(
      /^Expected one array 'x', got several: members x\.npy and x\.npy at bytes 0 and \d+ \(.*data\.npz\)\. Write the archive again/,
    );
    await expect(openNpz(twice, 'y', 'x')).rejects.toThrow("Expected one array 'x'");
    expect(await firstSample(await openNpz(twice, 'y'))).toEqual([1, 2]);
  });

  it('with a member x beside x.npy are refused, since readers differ on which is meant', async () => {
    const both = zip([
      { name: 'x', data: ONE },
      { name: 'x.npy', data: TWO },
    ]);
    await expect(openNpz(both)).rejects.toThrow('got several: members x and x.npy');
  });

  it.each([
    ['ZIP', false, ''],
    ['ZIP64', true, ''],
    ['ZIP with a comment', false, 'PK\x05\x06 is in this comment, which is long enough for a record'],
  ])('with bytes in front are read, %s', async (_, wide, comment) => {
    const plain = zip([{ name: 'x.npy', data: TWO }], { wide, comment });
    for (const front of [0, 1, 5000]) {
      const bytes = Buffer.concat([Buffer.alloc(front, '#!/bin/sh\n'), plain]);
      expect(await firstSample(await openNpz(bytes))).toEqual([3, 4]);
    }
  });

  it('with bytes in front and offsets that count them are read, as zip -A leaves them', async () => {
    const plain = zip([{ name: 'x.npy', data: TWO }]);
    const bytes = Buffer.concat([Buffer.alloc(100), plain]);
    const directory = bytes.indexOf('PK\x01\x02', 'latin1');
    bytes.writeUInt32LE(100, directory + 42);
    bytes.writeUInt32LE(directory, bytes.length - 6);
    expect(await firstSample(await openNpz(bytes))).toEqual([3, 4]);
  });
});

/** A gzip member of these parts, written by hand (RFC 1952). */
function gzip(
  data: Uint8Array,
  header: { extra?: Uint8Array; name?: string; comment?: string; checked?: boolean },
): Buffer {
  const { extra, name, comment, checked = false } = header;
  const flags = (checked ? 2 : 0) | (extra ? 4 : 0) | (name === undefined ? 0 : 8) | (comment === undefined ? 0 : 16);
  const parts = [Buffer.from([0x1f, 0x8b, 8, flags, 0, 0, 0, 0, 0, 3])];
  if (extra) {
    const length = Buffer.alloc(2);
    length.writeUInt16LE(extra.length);
    parts.push(length, Buffer.from(extra));
  }
  for (const text of [name, comment]) if (text !== undefined) parts.push(Buffer.from(`${text}\0`));
  if (checked) {
    const sum = Buffer.alloc(2);
    sum.writeUInt16LE(crc32(Buffer.concat(parts)) & 0xffff);
    parts.push(sum);
  }
  const end = Buffer.alloc(8);
  end.writeUInt32LE(crc32(data));
  end.writeUInt32LE(data.length, 4);
  return Buffer.concat([...parts, deflateRawSync(data), end]);
}

describe('38: gzip files', () => {
  const images = Buffer.concat([
    Buffer.from([0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0x20, 0]),
    Buffer.from(Array.from({ length: 8192 }, (_, i) => (i * i * 31) % 251)),
  ]);
  const open = (bytes: Uint8Array) =>
    openDataset({ format: 'idx', path: temporaryFolder()('images.gz', bytes), labels: null }, AS_STORED);

  it.each([
    ['a name', { name: 'images-idx3-ubyte' }],
    ['a long name', { name: 'n'.repeat(5000) }],
    ['a long comment', { comment: 'c'.repeat(70000) }],
    ['a long extra field', { extra: Buffer.alloc(65535, 7) }],
    ['all of them and a checksum', { extra: Buffer.alloc(2000), name: 'n'.repeat(900), comment: 'c', checked: true }],
  ])('with %s in their header are read', async (_, header) => {
    const dataset = await open(gzip(images, header));
    const into = new Float32Array(8192);
    await dataset.read(0, 1, into);
    expect([...into]).toEqual([...images.subarray(16)]);
    dataset.close();
  });

  it('of several members are read, the first of which may be empty', async () => {
    const several = Buffer.concat([
      gzipSync(Buffer.alloc(0)),
      gzipSync(images.subarray(0, 5)),
      gzipSync(images.subarray(5)),
    ]);
    expect((await open(several)).sampleShape).toEqual([1, 1, 8192]);
  });

  it('whose name does not end are called cut short', async () => {
    await expect(open(gzip(images, { name: 'n'.repeat(100) }).subarray(0, 60))).rejects.toThrow(
      /Expected a sound gzip file|the end of the data/,
    );
  });
});

describe('38: files of another kind than the format says', () => {
  it.each([
    ['a gzip file', gzipSync(ONE), /^Expected a \.npy file, .*, a gzip file \(.*gunzip/],
    ['a ZIP archive', zip([{ name: 'x.npy', data: ONE }]), /^Expected a \.npy file, .*, a ZIP archive \(.*format npz/],
    ['an HDF5 file', Buffer.from('\x89HDF\r\n\x1a\n-------', 'latin1'), /^Expected a \.npy file, .*, an HDF5 file \(/],
  ])('are called by their right name as .npy: %s', async (_, bytes, message) => {
    const path = temporaryFolder()('data.npy', bytes);
    await expect(openDataset({ format: 'npy', path, labels: null, groundTruth: null }, AS_STORED)).rejects.toThrow(
      message,
    );
  });

  it.each([
    ['a .npy file', ONE, /^Expected a \.npz file \(a ZIP archive\), got .*, a \.npy file \(.*format npy/],
    ['a gzip file', gzipSync(zip([{ name: 'x.npy', data: ONE }])), /got .*, a gzip file \(.*gunzip/],
  ])('are called by their right name as .npz: %s', async (_, bytes, message) => {
    await expect(openNpz(bytes)).rejects.toThrow(message);
  });
});
