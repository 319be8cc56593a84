/** What fuzzing found in the readers of data (test/fuzz), each as small as it gets. */
import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { crc32, gzipSync } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { DatasetError } from '../../src/formats/dataset-error.js';
import { memorySource, openFile } from '../../src/formats/io/file-source.js';
import { parseGroundTruth } from '../../src/formats/labels/ground-truth.js';
import type { ImageFolderSource } from '../../src/formats/image-folder/image-folder-settings.js';
import { mostInflatedBytes } from '../../src/formats/io/inflation.js';
import { readLabelCsv } from '../../src/formats/labels/label-csv.js';
import { openDataset } from '../../src/formats/open-dataset.js';
import type { PreprocessSettings } from '../../src/formats/preprocess/preprocess-settings.js';
import { AS_STORED, npyArray, npyFile, temporaryFolder } from './write-files.js';

async function openNpy(bytes: Uint8Array, preprocess: PreprocessSettings = AS_STORED) {
  const path = temporaryFolder()('a.npy', bytes);
  return openDataset({ format: 'npy', path, labels: null, groundTruth: null }, preprocess);
}

describe('.npy files', () => {
  it.each([
    ['a shape of more axes than NumPy has', `(${'1, '.repeat(3000)})`, 'an array of at most 64 axes, got 3000'],
    ['an empty axis behind more numbers than float64 counts', `(${'1048576, '.repeat(60)}0)`, 'no empty axis'],
    ['a sample of more numbers than memory holds', '(1, 4294967296)', 'Expected 4294967296 bytes of data'],
  ])('are refused with %s', async (_, shape, message) => {
    const dict = `{'descr': '|u1', 'fortran_order': False, 'shape': ${shape}, }`;
    await expect(openNpy(npyFile(dict, new Uint8Array(0)))).rejects.toThrow(message);
  });

  it('of 300,000 channels are read without a table for each', async () => {
    const dataset = await openNpy(npyArray('|u1', [1, 300_000], new Uint8Array(300_000).fill(7)));
    const into = new Float32Array(300_000);
    await dataset.read(0, 1, into);
    expect(into.every((value) => value === 7)).toBe(true);
    dataset.close();
  });

  it.each<[string, Partial<PreprocessSettings>]>([
    ['mean', { mean: [1e39] }],
    ['std', { std: [1e39] }],
  ])('do not take a %s that float32 does not hold', async (name, change) => {
    const bytes = npyArray('<f4', [1, 1, 2], Float32Array.of(1, 2));
    await expect(openNpy(bytes, { ...AS_STORED, ...change })).rejects.toThrow(
      `Expected data.preprocess.${name} to be 1 finite float32 numbers`,
    );
  });

  it('that are pipes are refused: nobody writes into them', () => {
    const path = join(dirname(temporaryFolder()('x', '')), 'pipe');
    execFileSync('mkfifo', [path]);
    expect(() => openFile(path)).toThrow(DatasetError);
  });
});

describe('pixels that preprocessing takes out of float32 are refused', () => {
  it('in CIFAR-10', async () => {
    const path = temporaryFolder()('c.bin', new Uint8Array(3073));
    const preprocess = { ...AS_STORED, std: [1e-38, 1, 1], divideBy: 1e-2 };
    await expect(openDataset({ format: 'cifar10', path }, preprocess)).rejects.toThrow(
      'Expected data.preprocess to make finite numbers of all bytes, got Infinity of ',
    );
  });
});

describe('IDX files', () => {
  it('that are a bomb are not inflated: the header tells their size', async () => {
    const header = Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0x40, 0, 0, 0, 0x40, 0);
    const path = temporaryFolder()('a.idx', gzipSync(Buffer.concat([header, Buffer.alloc(2 ** 20)])));
    await expect(openDataset({ format: 'idx', path, labels: null }, AS_STORED)).rejects.toThrow(
      /^Expected a gzip file that inflates to at most \d+ bytes \(\d+ are compressed\), got 268435472 /,
    );
  });

  it('may inflate a thousandfold to 64 MB, 200-fold to a gigabyte', () => {
    expect(mostInflatedBytes(100)).toBe(103_200);
    expect(mostInflatedBytes(100_000)).toBe(2 ** 26);
    expect(mostInflatedBytes(1_000_000)).toBe(200_000_000);
    expect(mostInflatedBytes(2 ** 28)).toBe(2 ** 30);
  });
});

describe('images', () => {
  const open = (bytes: Uint8Array | string, changes: Partial<ImageFolderSource> = {}) => {
    const path = dirname(temporaryFolder()('a.png', bytes));
    const geometry = { labels: null, resize: null, crop: null, kernel: 'linear', channels: 3 } as const;
    return openDataset({ format: 'imageFolder', path, ...geometry, ...changes }, AS_STORED);
  };
  const tiny = (): Promise<Buffer> =>
    sharp({ create: { width: 2, height: 2, channels: 3, background: 'red' } })
      .png()
      .toBuffer();

  it.each([
    [
      'SVG, which reads further files',
      '<svg xmlns="http://www.w3.org/2000/svg"/>',
      'got 41 bytes that begin with 3c73',
    ],
    ['an empty file', '', 'got an empty file'],
  ])('of another kind are refused by their first bytes: %s', async (_, text, message) => {
    await expect(open(text)).rejects.toThrow(`Expected a JPEG or PNG image, which begins with ffd8ff or 89504e47`);
    await expect(open(text)).rejects.toThrow(message);
  });

  it('of more pixels than memory holds are refused by their header', async () => {
    const bytes = Buffer.from(await tiny());
    bytes.writeUInt32BE(60_000, 16);
    bytes.writeUInt32BE(60_000, 20);
    bytes.writeUInt32BE(crc32(bytes.subarray(12, 29)), 29);
    await expect(open(bytes)).rejects.toThrow('at most 67108864 pixels, got 60000 x 60000 (height x width)');
  });

  it('are not resized beyond memory', async () => {
    await expect(open(await tiny(), { resize: [60_000, 60_000] })).rejects.toThrow(
      'at most 16777216 pixels, got 60000',
    );
    await expect(open(await tiny(), { resize: [60_000, 60_000], crop: [2, 2] })).rejects.toThrow(
      'at most 67108864 pixels',
    );
  });
});

describe('labels and ground truth', () => {
  it.each([
    ['quotes', `${'"'.repeat(200_000)},1x`],
    ['spaces', `${' '.repeat(200_000)}a${' '.repeat(200_000)},1x`],
    ['commas', ','.repeat(400_000)],
    ['a name with what drives a terminal', '\x1b[2J,x'],
  ])('a line of %s is refused in one look, with a short message', (_, line) => {
    expect(() => readLabelCsv(memorySource('l.csv', Buffer.from(`path,label\n${line}`)), ['a'])).toThrow(
      /^Expected a line path,label/,
    );
    try {
      readLabelCsv(memorySource('l.csv', Buffer.from(`path,label\n${line}`)), ['a']);
    } catch (error) {
      expect((error as Error).message.length).toBeLessThan(2000);
      expect((error as Error).message).not.toContain('\x1b');
    }
  });

  it.each(['classes', 'grid', 'scenes'])('%s that nest 5,000 deep are refused', (field) => {
    const truth = { classes: ['a'], grid: [1, 1], scenes: [], [field]: 0 };
    const text = JSON.stringify(truth).replace(`"${field}":0`, `"${field}":${'['.repeat(5000)}${']'.repeat(5000)}`);
    expect(() => parseGroundTruth(text, 't.json', 1)).toThrow(/^Expected .*, got an array of 1 \(/);
  });
});
