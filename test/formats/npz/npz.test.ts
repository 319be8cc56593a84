import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { openNpzMember } from '../../../src/formats/npz/npz.js';
import { openDataset } from '../../../src/formats/open-dataset.js';
import { AS_STORED, npyArray, temporaryFolder } from '../write-files.js';
import { zip } from '../zip-archive.js';

const SAMPLES = npyArray('<f4', [2, 2], Float32Array.of(1, 2, 3, 4));
const LABELS = npyArray('<i8', [2], BigInt64Array.of(7n, 9n));

type Method = 'stored' | 'deflated';

function archive(
  method: Method,
  members: Readonly<Record<string, Uint8Array>> = { 'x.npy': SAMPLES, 'y.npy': LABELS },
): Buffer {
  return zip(Object.entries(members).map(([name, data]) => ({ name, data, method })));
}

function open(bytes: Uint8Array, array = 'x', labelsArray: string | null = 'y') {
  const path = temporaryFolder()('data.npz', bytes);
  return openDataset({ format: 'npz', path, array, labelsArray, groundTruth: null }, AS_STORED);
}

describe('.npz files', () => {
  it.each(['stored', 'deflated'] as const)('give samples and labels of %s members', async (method) => {
    const dataset = await open(archive(method));
    const into = new Float32Array(4);
    await dataset.read(0, 2, into);
    expect([...into]).toEqual([1, 2, 3, 4]);
    expect([...dataset.labels!]).toEqual([7, 9]);
    dataset.close();
  });

  it('as numpy.savez writes them, with ZIP64 fields in the local headers, are read', async () => {
    // np.savez streams members, so their local headers have a ZIP64 extra field of 20 bytes.
    const plain = archive('stored', { 'x.npy': SAMPLES });
    const extra = Buffer.alloc(20);
    extra.writeUInt16LE(1, 0);
    extra.writeUInt16LE(16, 2);
    const nameEnd = 30 + 'x.npy'.length;
    const wide = Buffer.concat([plain.subarray(0, nameEnd), extra, plain.subarray(nameEnd)]);
    wide.writeUInt16LE(20, 28);
    wide.writeUInt32LE(plain.readUInt32LE(plain.length - 6) + 20, wide.length - 6);
    expect((await open(wide, 'x', null)).sampleCount).toBe(2);
  });

  it('list their arrays when the one asked for is missing', async () => {
    await expect(open(archive('stored'), 'images')).rejects.toThrow(
      /^Expected an array 'images', got the arrays x, y \(.*data\.npz\)/,
    );
    await expect(open(archive('stored'), 'x', 'labels')).rejects.toThrow("Expected an array 'labels'");
  });

  it('are refused when an array is compressed beyond what fits into memory', () => {
    const path = temporaryFolder()('data.npz', archive('deflated', { 'x.npy': new Uint8Array(100_000) }));
    expect(() => openNpzMember(path, 'x', 99_999)).toThrow(
      /^Expected a compressed array of at most 99999 bytes \(\d+ bytes are compressed\), got 100000 \(.*data\.npz:x\.npy\)\. Write it uncompressed/,
    );
  });

  it('are refused when a member says it is larger than DEFLATE can make it, before memory is taken', async () => {
    const bytes = Buffer.from(archive('deflated', { 'x.npy': new Uint8Array(1000) }));
    bytes.writeUInt32LE(1_000_000_000, bytes.indexOf('PK\x01\x02', 'latin1') + 24);
    await expect(open(bytes, 'x', null)).rejects.toThrow(/at most \d{5} bytes .*, got 1000000000 /);
  });

  it('are refused when a member inflates to more than it says', async () => {
    const bytes = Buffer.from(archive('deflated', { 'x.npy': new Uint8Array(100_000) }));
    bytes.writeUInt32LE(50_000, bytes.indexOf('PK\x01\x02', 'latin1') + 24);
    await expect(open(bytes, 'x', null)).rejects.toThrow('Expected 50000 inflated bytes, got more');
  });

  it('are refused when a stored byte changed', async () => {
    const bytes = Buffer.from(archive('stored'));
    bytes[bytes.indexOf(Buffer.from(SAMPLES)) + SAMPLES.length - 1]! ^= 1;
    await expect(open(bytes)).rejects.toThrow(
      /^Expected data with the CRC-32 [0-9a-f]{8}, got [0-9a-f]{8} \(.*x\.npy\)/,
    );
  });

  it('are refused when they are no archive, cut short, or encrypted', async () => {
    await expect(open(SAMPLES)).rejects.toThrow(
      'Expected a .npz file (a ZIP archive), got 86 bytes without the end record',
    );
    await expect(open(archive('stored').subarray(0, 300))).rejects.toThrow('without the end record');
    const encrypted = Buffer.from(archive('stored'));
    encrypted[encrypted.indexOf('PK\x01\x02', 'latin1') + 8] = 1;
    await expect(open(encrypted)).rejects.toThrow('Expected a readable member, got an encrypted one');
  });

  it('damaged in any byte give the same numbers or a DatasetError', async () => {
    const sound = archive('deflated');
    const write = temporaryFolder();
    await fc.assert(
      fc.asyncProperty(fc.nat(sound.length - 1), fc.nat(255), async (place, byte) => {
        const damaged = Uint8Array.from(sound);
        damaged[place] = byte;
        const path = write('damaged.npz', damaged);
        try {
          const source = { format: 'npz', path, array: 'x', labelsArray: 'y', groundTruth: null } as const;
          const dataset = await openDataset(source, AS_STORED);
          const into = new Float32Array(4);
          await dataset.read(0, 2, into);
          dataset.close();
          expect([...into, ...dataset.labels!]).toEqual([1, 2, 3, 4, 7, 9]);
        } catch (error) {
          expect(error).toHaveProperty('name', 'DatasetError');
        }
      }),
      { numRuns: 400 },
    );
  });
});
