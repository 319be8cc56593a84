import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { memorySource } from '../../src/formats/io/file-source.js';
import { readNpyHeader } from '../../src/formats/npy/npy-header.js';
import { openDataset } from '../../src/formats/open-dataset.js';
import type { PreprocessSettings } from '../../src/formats/preprocess/preprocess-settings.js';
import { AS_STORED, npyArray, npyFile, temporaryFolder } from './write-files.js';

function open(bytes: Uint8Array, preprocess: PreprocessSettings = AS_STORED, labels: Uint8Array | null = null) {
  const write = temporaryFolder();
  const labelsPath = labels === null ? null : write('labels.npy', labels);
  return openDataset(
    { format: 'npy', path: write('samples.npy', bytes), labels: labelsPath, groundTruth: null },
    preprocess,
  );
}

async function readAll(bytes: Uint8Array, preprocess: PreprocessSettings = AS_STORED): Promise<number[]> {
  const dataset = await open(bytes, preprocess);
  const into = new Float32Array(dataset.sampleShape.reduce((a, b) => a * b, dataset.sampleCount));
  await dataset.read(0, dataset.sampleCount, into);
  dataset.close();
  return [...into];
}

const FOUR = new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer);

describe('samples of .npy files', () => {
  it.each([
    ['<f2', Uint16Array.of(0x3c00, 0xc000), [1, -2]],
    ['<f4', Float32Array.of(0.1, -3), [Math.fround(0.1), -3]],
    ['<f8', Float64Array.of(0.1, -3), [Math.fround(0.1), -3]],
    ['|u1', Uint8Array.of(0, 255), [0, 255]],
    ['|i1', Int8Array.of(-128, 127), [-128, 127]],
    ['<u2', Uint16Array.of(1, 65535), [1, 65535]],
    ['<i2', Int16Array.of(-32768, 32767), [-32768, 32767]],
    ['<i4', Int32Array.of(-5, 70000), [-5, 70000]],
    ['<i8', BigInt64Array.of(-5n, 5_000_000_000n), [-5, 5_000_000_000]],
    ['|b1', Uint8Array.of(0, 1), [0, 1]],
  ])('of dtype %s are widened to float32', async (descr, data, expected) => {
    expect(await readAll(npyArray(descr, [1, 2], data))).toEqual(expected);
  });

  it('stored channels last are turned channels first, order reversed, mean and std by the model channel', async () => {
    // One sample of 1 x 2 pixels with three channels: (10, 20, 30), (40, 50, 60).
    const bytes = npyArray('|u1', [1, 1, 2, 3], Uint8Array.of(10, 20, 30, 40, 50, 60));
    const settings: PreprocessSettings = { ...AS_STORED, layout: 'channelsLast' };
    expect((await open(bytes, settings)).sampleShape).toEqual([3, 1, 2]);
    expect(await readAll(bytes, settings)).toEqual([10, 40, 20, 50, 30, 60]);
    const reversed: PreprocessSettings = { ...settings, channelOrder: 'reverse', divideBy: 10, mean: [1, 0, 0] };
    expect(await readAll(bytes, reversed)).toEqual([2, 5, 2, 5, 1, 4]);
    const floats = npyArray('<f4', [1, 1, 2, 3], Float32Array.of(10, 20, 30, 40, 50, 60));
    expect(await readAll(floats, reversed)).toEqual([2, 5, 2, 5, 1, 4]);
  });

  it('are taken as they lie only where nothing changes them or their place', async () => {
    // Two channels of 1 x 2 pixels, stored first or last.
    const bytes = npyArray('<f4', [1, 2, 1, 2], Float32Array.of(1, 2, 3, -0));
    expect(await readAll(bytes)).toEqual([1, 2, 3, -0]);
    expect(await readAll(bytes, { ...AS_STORED, channelOrder: 'reverse' })).toEqual([3, -0, 1, 2]);
    expect(await readAll(bytes, { ...AS_STORED, layout: 'channelsLast' })).toEqual([1, 3, 2, -0]);
    expect(await readAll(bytes, { ...AS_STORED, mean: [0, 1] })).toEqual([1, 2, 2, -1]);
    expect(await readAll(bytes, { ...AS_STORED, std: [2, 1] })).toEqual([0.5, 1, 3, -0]);
    expect(await readAll(bytes, { ...AS_STORED, divideBy: 2 })).toEqual([0.5, 1, 1.5, -0]);
  });

  it('are the same numbers whether stored as bytes or as float32', async () => {
    const settings = fc.record({
      layout: fc.constantFrom('channelsFirst' as const, 'channelsLast' as const),
      channelOrder: fc.constantFrom('keep' as const, 'reverse' as const),
      divideBy: fc.constantFrom(1, 3, 255),
      mean: fc.constantFrom(null, [0.485, 0.456, 0.406]),
      std: fc.constantFrom(null, [0.229, 0.224, 0.225]),
    });
    await fc.assert(
      fc.asyncProperty(settings, fc.uint8Array({ minLength: 27, maxLength: 27 }), async (preprocess, data) => {
        const bytes = await readAll(npyArray('|u1', [1, 3, 3, 3], data), preprocess);
        expect(bytes).toEqual(await readAll(npyArray('<f4', [1, 3, 3, 3], Float32Array.from(data)), preprocess));
      }),
      { numRuns: 30 },
    );
  });

  it('are refused with the sample that holds NaN, or overflows float32', async () => {
    const nan = npyArray('<f4', [3, 2], Float32Array.of(1, 2, 3, 4, 5, Number.NaN));
    await expect(readAll(nan)).rejects.toThrow(
      /^Expected finite numbers only, got NaN after preprocessing \(.*samples\.npy, sample 2, byte 86\)\. Mend/,
    );
    await expect(readAll(npyArray('<f8', [1, 2], Float64Array.of(1e300, -Infinity)))).rejects.toThrow(
      'got Infinity after',
    );
  });

  it('have a sample axis, another one, and one sample at least', async () => {
    await expect(open(npyArray('<f4', [4], FOUR))).rejects.toThrow(
      /^Expected samples of shape \[N, \.\.\.\].*got shape \[4\]/,
    );
    await expect(open(npyArray('<f4', [0, 3], new Uint8Array(0)))).rejects.toThrow('got shape [0, 3]');
    await expect(open(npyArray('<f4', [3, 0], new Uint8Array(0)))).rejects.toThrow('got samples of shape [0]');
  });

  it('need one mean for each channel and no zero divisor', async () => {
    const bytes = npyArray('<f4', [2, 2], FOUR);
    await expect(open(bytes, { ...AS_STORED, mean: [1, 2, 3] })).rejects.toThrow(
      /^Expected data\.preprocess\.mean to be 2 finite float32 numbers, one for each channel, got \[1, 2, 3\] .*layout/,
    );
    await expect(open(bytes, { ...AS_STORED, std: [1, 0] })).rejects.toThrow('data.preprocess.std[1]');
    await expect(open(bytes, { ...AS_STORED, divideBy: 1e-60 })).rejects.toThrow('Expected data.preprocess.divideBy');
  });
});

describe('labels of .npy files', () => {
  const samples = npyArray('<f4', [2, 2], FOUR);

  it.each([
    ['<i8', BigInt64Array.of(3n, 0n)],
    ['|u1', Uint8Array.of(3, 0)],
  ])('of dtype %s are read', async (descr, data) => {
    expect([...(await open(samples, AS_STORED, npyArray(descr, [2], data))).labels!]).toEqual([3, 0]);
  });

  it('are refused when negative, too large, too few or no integers', async () => {
    const withLabels = (labels: Uint8Array) => open(samples, AS_STORED, labels);
    await expect(withLabels(npyArray('<i4', [2], Int32Array.of(1, -1)))).rejects.toThrow(
      /^Expected labels of 0 or above that int32 holds, got -1 \(.*labels\.npy, label 1, byte 72\)/,
    );
    await expect(withLabels(npyArray('<i8', [2], BigInt64Array.of(1n, 2n ** 31n)))).rejects.toThrow('got 2147483648');
    await expect(withLabels(npyArray('<i4', [1], Int32Array.of(1)))).rejects.toThrow(
      /^Expected labels of shape \[2\], one for each sample, got shape \[1\]/,
    );
    await expect(withLabels(npyArray('<f4', [2], Float32Array.of(1, 2)))).rejects.toThrow(
      'Expected labels of an integer dtype',
    );
  });
});

describe('headers of .npy files', () => {
  const read = (bytes: Uint8Array) => readNpyHeader(memorySource('a.npy', bytes));

  it('may have their keys in any order, Python 2 sizes and no last comma', () => {
    const { shape, dtype } = read(npyFile(`{'shape': (2L, 2L), 'fortran_order': False, 'descr': '<f4'}`, FOUR));
    expect([shape, dtype.name]).toEqual([[2, 2], 'f4']);
  });

  it.each([2, 3])('of version %i have a four-byte length', (version) => {
    const dict = Buffer.from(`{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }\n`);
    const start = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0, dict.length, 0, 0, 0]);
    expect(read(Buffer.concat([start, dict, FOUR]))).toMatchObject({ shape: [2, 2], dataStart: 12 + dict.length });
  });

  it.each([
    ['another kind of file', Buffer.from('PK\x03\x04 zip, not npy'), 'got 17 bytes that begin with 504b0304207a'],
    ['an empty file', Buffer.alloc(0), 'got 0 bytes that begin with nothing'],
    ['an unknown version', Buffer.from('\x93NUMPY\x04\x00\x00\x00\x00\x00', 'latin1'), 'got 4.0 (a.npy, byte 6)'],
    ['a header beyond the end', Buffer.from('\x93NUMPY\x01\x00\xff\x00', 'latin1'), 'got 255 (a.npy, byte 8)'],
    ['a huge header', Buffer.from('\x93NUMPY\x02\x00\xff\xff\xff\xff', 'latin1'), 'got 4294967295'],
    ['a cut header length', Buffer.from('\x93NUMPY\x02\x00\xff\xff', 'latin1'), 'got the end of the file'],
  ])('are refused in %s', (_, bytes, message) => {
    expect(() => read(bytes)).toThrow(message);
  });

  it.each([
    [
      'big endian',
      `{'descr': '>f4', 'fortran_order': False, 'shape': (4,), }`,
      "got '>f4', big endian (a.npy). Convert it",
    ],
    ['complex', `{'descr': '<c8', 'fortran_order': False, 'shape': (4,), }`, "got '<c8'"],
    ['no byte order', `{'descr': '|f4', 'fortran_order': False, 'shape': (4,), }`, "got '|f4'"],
    ['a record', `{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (4,), }`, 'Records and Python objects'],
    ['Fortran order', `{'descr': '<f4', 'fortran_order': True, 'shape': (2, 2), }`, 'numpy.ascontiguousarray'],
    ['a negative size', `{'descr': '<f4', 'fortran_order': False, 'shape': (-1, 4), }`, 'with plain numbers, got {'],
    ['a missing key', `{'descr': '<f4', 'shape': (4,), }`, 'with plain numbers, got {'],
    ['a key twice', `{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (4,)}`, 'with plain numbers'],
    ['a further key', `{'descr': '<f4', 'fortran_order': False, 'shape': (4,), 'x': 1}`, 'with plain numbers'],
    ['code', `__import__('os').system('true')`, 'with plain numbers'],
    [
      'too few data',
      `{'descr': '<f4', 'fortran_order': False, 'shape': (5,), }`,
      'Expected 20 bytes of data for f4 of shape [5], got 16',
    ],
    ['too many data', `{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }`, 'Expected 12 bytes'],
    [
      'absurd sizes',
      `{'descr': '<f4', 'fortran_order': False, 'shape': (999999999999999, 999999999999999), }`,
      'got 16',
    ],
  ])('are refused with %s', (_, dict, message) => {
    expect(() => read(npyFile(dict, FOUR))).toThrow(message);
  });

  it('that are damaged in any byte give an array of the right size or a DatasetError', () => {
    const sound = npyArray('<f4', [2, 2], FOUR);
    fc.assert(
      fc.property(fc.nat(sound.length - 1), fc.nat(255), (place, byte) => {
        const damaged = Uint8Array.from(sound);
        damaged[place] = byte;
        try {
          const { shape, dtype } = read(damaged);
          expect(shape.reduce((a, b) => a * b, dtype.itemBytes)).toBe(16);
        } catch (error) {
          expect(error).toHaveProperty('name', 'DatasetError');
        }
      }),
      { numRuns: 500 },
    );
  });
});
