import { dirname, join } from 'node:path';

import sharp from 'sharp';
import { describe, expect, it } from 'vitest';

import type { SampleSource } from '../../../src/formats/data-source.js';
import { openDataset } from '../../../src/formats/open-dataset.js';
import type { PreprocessSettings } from '../../../src/formats/preprocess/preprocess-settings.js';
import { AS_STORED, temporaryFolder } from '../write-files.js';

type ImageFolderSource = Extract<SampleSource, { format: 'imageFolder' }>;

/** A picture of one colour, or of given pixels. */
async function png(width: number, height: number, pixels: readonly number[]): Promise<Uint8Array> {
  const channels = (pixels.length % (width * height) === 0 ? pixels.length / (width * height) : 3) as 1 | 3 | 4;
  const data = Uint8Array.from({ length: width * height * channels }, (_, index) => pixels[index % pixels.length]!);
  return sharp(data, { raw: { width, height, channels } }).png().toBuffer();
}

function open(path: string, changes: Partial<ImageFolderSource> = {}, preprocess: PreprocessSettings = AS_STORED) {
  const source: ImageFolderSource = {
    format: 'imageFolder',
    path,
    labels: null,
    resize: null,
    crop: null,
    kernel: 'linear',
    channels: 3,
    ...changes,
  };
  return openDataset(source, preprocess);
}

async function readAll(...args: Parameters<typeof open>): Promise<number[]> {
  const dataset = await open(...args);
  const into = new Float32Array(dataset.sampleShape.reduce((a, b) => a * b, dataset.sampleCount));
  await dataset.read(0, dataset.sampleCount, into);
  dataset.close();
  return [...into];
}

/** 2 x 1 pixels: (1, 2, 3) and (4, 5, 6). */
const TWO = [1, 2, 3, 4, 5, 6];

describe('a folder of images', () => {
  it('gives planes of red, green and blue, sorted by path, classed by the sub-folder', async () => {
    const write = temporaryFolder();
    write('dog/b.PNG', await png(2, 1, [20, 0, 0, 0, 20, 0]));
    write('cat/deep/z.png', await png(2, 1, [10, 0, 0, 0, 10, 0]));
    write('cat/.hidden.png', 'left alone');
    const path = dirname(dirname(write('dog/a.png', await png(2, 1, TWO))));
    const dataset = await open(path);
    expect([dataset.sampleCount, dataset.sampleShape]).toEqual([3, [3, 1, 2]]);
    expect([...dataset.labels!]).toEqual([0, 1, 1]);
    expect(await readAll(path)).toEqual([10, 0, 0, 10, 0, 0, 1, 4, 2, 5, 3, 6, 20, 0, 0, 20, 0, 0]);
  });

  it('has no classes without sub-folders, or those of a CSV', async () => {
    const write = temporaryFolder();
    write('images/b.png', await png(1, 1, [1, 1, 1]));
    const path = dirname(write('images/a.png', await png(1, 1, [2, 2, 2])));
    expect((await open(path)).labels).toBeNull();
    const labels = write('labels.csv', 'b.png,4\na.png,3\n');
    expect([...(await open(path, { labels })).labels!]).toEqual([3, 4]);
    write('images/cat/c.png', await png(1, 1, [2, 2, 2]));
    await expect(open(path)).rejects.toThrow(
      'all images in sub-folders, whose names are the classes, or none, got a.png',
    );
  });

  it('is preprocessed like other data: BGR, scale, mean and std; the layout is its own', async () => {
    const path = dirname(temporaryFolder()('a.png', await png(2, 1, TWO)));
    const preprocess = { ...AS_STORED, channelOrder: 'reverse', divideBy: 2, mean: [1, 0, 0], std: [1, 2, 1] } as const;
    expect(await readAll(path, {}, preprocess)).toEqual([0.5, 2, 0.5, 1.25, 0.5, 2]);
    expect(await readAll(path, {}, { ...preprocess, layout: 'channelsLast' })).toEqual([0.5, 2, 0.5, 1.25, 0.5, 2]);
  });

  it('turns grey images into three channels or one, colour into luminance, and drops transparency', async () => {
    const write = temporaryFolder();
    const grey = dirname(write('grey/a.png', await png(2, 1, [7, 9])));
    expect(await readAll(grey)).toEqual([7, 9, 7, 9, 7, 9]);
    expect(await readAll(grey, { channels: 1 })).toEqual([7, 9]);
    const clear = dirname(write('clear/a.png', await png(1, 1, [10, 20, 30, 128])));
    expect(await readAll(clear)).toEqual([10, 20, 30]);
    const red = dirname(write('red/a.png', await png(1, 1, [255, 0, 0])));
    const [luminance] = await readAll(red, { channels: 1 });
    expect(luminance).toBeGreaterThan(40);
    expect(luminance).toBeLessThan(140);
  });

  it('resizes the shorter side and crops the centre', async () => {
    // Rows of 0, 0, 100, 100, 200, 200; 6 rows of 2 columns.
    const rows = [0, 0, 100, 100, 200, 200].flatMap((value) => [value, value]);
    const path = dirname(temporaryFolder()('a.png', await png(2, 6, rows)));
    expect((await open(path, { resize: 1 })).sampleShape).toEqual([3, 3, 1]);
    expect((await open(path, { resize: 4, crop: [3, 2] })).sampleShape).toEqual([3, 3, 2]);
    expect((await open(path, { resize: [5, 4] })).sampleShape).toEqual([3, 5, 4]);
    expect(await readAll(path, { crop: [2, 2], channels: 1 })).toEqual([100, 100, 100, 100]);
    // A linear filter over the widened support mixes neighbours, and keeps the order and the
    // middle.
    const [top, middle, bottom] = await readAll(path, { resize: 1, channels: 1 });
    expect(middle).toBe(100);
    expect(Math.abs(top! + bottom! - 200)).toBeLessThanOrEqual(1);
    expect(top).toBeLessThan(40);
  });

  it('decodes JPEG within its loss', async () => {
    const jpeg = await sharp({ create: { width: 16, height: 16, channels: 3, background: '#c86432' } })
      .jpeg({ quality: 95 })
      .toBuffer();
    const path = dirname(temporaryFolder()('a.jpeg', jpeg));
    const values = await readAll(path);
    for (const [index, expected] of [200, 100, 50].entries()) {
      expect(Math.abs(values[index * 256]! - expected)).toBeLessThanOrEqual(3);
    }
  });

  it('names the image that is damaged, of another size or smaller than the crop', async () => {
    const write = temporaryFolder();
    const whole = await sharp({ create: { width: 64, height: 64, channels: 3, background: '#c86432' } })
      .png()
      .toBuffer();
    const noise = await png(
      64,
      64,
      Array.from({ length: 64 * 64 * 3 }, (_, index) => (index * 7919) % 251),
    );
    const path = dirname(write('a.png', whole));
    write('b.png', noise.subarray(0, noise.length / 2));
    write('c.png', 'no image at all');
    write('d.png', await png(2, 1, TWO));
    const dataset = await open(path);
    const read = (index: number): Promise<void> =>
      Promise.resolve(dataset.read(index, 1, new Float32Array(3 * 64 * 64)));
    await expect(read(1)).rejects.toThrow(/^Expected a sound JPEG or PNG image, got .*\(.*b\.png\)\. Mend the file/s);
    await expect(read(2)).rejects.toThrow(/^Expected a JPEG or PNG image, .*got 15 bytes .*\(.*c\.png\)/s);
    await expect(read(3)).rejects.toThrow(
      /^Expected an image of 64 x 64 pixels.* as a\.png gives, got 1 x 2 \(.*d\.png\)/,
    );
    await read(0);
    dataset.close();
    await expect(read(0)).rejects.toThrow('Expected an open dataset');
    await expect(open(path, { crop: 65 })).rejects.toThrow(/at least 65 x 65 pixels.*got 64 x 64 \(.*a\.png\)/);
    await expect(open(join(path, 'nowhere'))).rejects.toThrow('Expected a readable folder, got ENOENT');
  });
});
