import { describe, expect, it } from 'vitest';

import { openDataset } from '../../../src/formats/open-dataset.js';
import type { PreprocessSettings } from '../../../src/formats/preprocess/preprocess-settings.js';
import { AS_STORED, temporaryFolder } from '../write-files.js';

const RECORD = 3073;
const IMAGENET: PreprocessSettings = {
  layout: 'channelsFirst',
  channelOrder: 'keep',
  divideBy: 255,
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
};

/**
 * Record r has label r % 10, red plane r, green plane 100 + r, blue plane 200 + r, but its very
 * first red byte is 255.
 */
function records(count: number): Uint8Array {
  const bytes = new Uint8Array(count * RECORD);
  for (let record = 0; record < count; record += 1) {
    const start = record * RECORD;
    bytes[start] = record % 10;
    for (let channel = 0; channel < 3; channel += 1) {
      bytes.fill(channel * 100 + record, start + 1 + channel * 1024, start + 1 + (channel + 1) * 1024);
    }
    bytes[start + 1] = 255;
  }
  return bytes;
}

function open(bytes: Uint8Array, preprocess: PreprocessSettings) {
  return openDataset({ format: 'cifar10', path: temporaryFolder()('batch.bin', bytes) }, preprocess);
}

describe('CIFAR-10 binary files', () => {
  it('give labels, and samples as red, green and blue planes', async () => {
    const dataset = await open(records(12), AS_STORED);
    expect(dataset.sampleCount).toBe(12);
    expect(dataset.sampleShape).toEqual([3, 32, 32]);
    expect([...dataset.labels!]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]);
    const into = new Float32Array(2 * 3072);
    await dataset.read(10, 2, into);
    expect([into[0], into[1], into[1023], into[1024], into[2048], into[3071]]).toEqual([255, 10, 10, 110, 210, 210]);
    expect([into[3072], into[3073], into[3072 + 1024]]).toEqual([255, 11, 111]);
    dataset.close();
  });

  it('are preprocessed in float32, each step rounded', async () => {
    const dataset = await open(records(1), IMAGENET);
    const into = new Float32Array(3072);
    await dataset.read(0, 1, into);
    const f = Math.fround;
    expect(into[0]).toBe(f(f(f(255 / 255) - f(0.485)) / f(0.229)));
    expect(into[1024]).toBe(f(f(f(100 / 255) - f(0.456)) / f(0.224)));
    expect(into[2048]).toBe(f(f(f(200 / 255) - f(0.406)) / f(0.225)));
    // As NumPy 2 prints it: (np.float32(100) / np.float32(255) - np.float32(0.456)) /
    // np.float32(0.224).
    expect(into[1024]).toBeCloseTo(-0.285014, 6);
    dataset.close();
  });

  it('count mean and std by the channels that the model sees when the order is reversed', async () => {
    const dataset = await open(records(1), { ...AS_STORED, channelOrder: 'reverse', mean: [1, 2, 3], std: [1, 2, 4] });
    const into = new Float32Array(3072);
    await dataset.read(0, 1, into);
    expect([into[0], into[1024], into[2048]]).toEqual([199, 49, 63]);
    dataset.close();
  });

  it('are read beyond one piece of the file', async () => {
    const dataset = await open(
      records(1100).map((byte, index) => (index % RECORD === 1024 ? index % 251 : byte)),
      AS_STORED,
    );
    const into = new Float32Array(1000 * 3072);
    await dataset.read(50, 1000, into);
    for (const sample of [0, 511, 512, 999]) {
      expect(into[sample * 3072 + 1023]).toBe(((50 + sample) * RECORD + 1024) % 251);
    }
    dataset.close();
  });

  it('are refused when their size is no multiple of a record', async () => {
    await expect(open(records(2).subarray(0, 6000), AS_STORED)).rejects.toThrow(
      /^Expected a CIFAR-10 binary file: one or more records of 3073 bytes, got 6000 bytes \(.*batch\.bin\)\. Use a file/,
    );
    await expect(open(new Uint8Array(0), AS_STORED)).rejects.toThrow('got 0 bytes');
  });

  it('are refused with the record and byte of a label out of range', async () => {
    const bytes = records(700);
    bytes[600 * RECORD] = 10;
    await expect(open(bytes, AS_STORED)).rejects.toThrow(
      /^Expected a label in 0\.\.9, got 10 \(.*batch\.bin, record 600, byte 1843800\)/,
    );
  });

  it('are refused as channels-last data, which they are not', async () => {
    await expect(open(records(1), { ...AS_STORED, layout: 'channelsLast' })).rejects.toThrow(
      'Expected data.preprocess.layout to be channelsFirst',
    );
  });

  it('cannot be read after closing, nor past the end', async () => {
    const dataset = await open(records(2), AS_STORED);
    expect(() => dataset.read(1, 2, new Float32Array(2 * 3072))).toThrow(
      new RangeError('Expected samples within 0..1, got 2 from 1 on'),
    );
    expect(() => dataset.read(0, 2, new Float32Array(3072))).toThrow(
      new RangeError('Expected room for 6144 numbers, got 3072'),
    );
    dataset.close();
    expect(() => dataset.read(0, 1, new Float32Array(3072))).toThrow('Expected an open file, got one that was closed');
  });
});

describe('a missing file', () => {
  it('is named', async () => {
    await expect(openDataset({ format: 'cifar10', path: '/nowhere/batch.bin' }, AS_STORED)).rejects.toThrow(
      'Expected a readable file, got ENOENT (/nowhere/batch.bin). Check the path',
    );
    await expect(openDataset({ format: 'cifar10', path: '/' }, AS_STORED)).rejects.toThrow('Expected a regular file');
  });
});
