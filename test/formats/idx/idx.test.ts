import { gzipSync } from 'node:zlib';

import { describe, expect, it } from 'vitest';

import { openDataset } from '../../../src/formats/open-dataset.js';
import { AS_STORED, temporaryFolder } from '../write-files.js';

/** Two zero bytes, type, axes, each length as four big-endian bytes, data. */
function idx(shape: readonly number[], data: readonly number[], type = 8): Uint8Array {
  return Uint8Array.of(0, 0, type, shape.length, ...shape.flatMap((size) => [0, 0, size >> 8, size & 255]), ...data);
}

const IMAGES = idx([2, 2, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 255]);
const LABELS = idx([2], [9, 0]);

function open(images: Uint8Array, labels: Uint8Array | null = LABELS) {
  const write = temporaryFolder();
  return openDataset(
    {
      format: 'idx',
      path: write('images-idx3-ubyte', images),
      labels: labels === null ? null : write('labels-idx1-ubyte', labels),
    },
    { ...AS_STORED, layout: 'channelsLast', divideBy: 2 },
  );
}

describe('IDX files', () => {
  it.each([
    ['plain', IMAGES, LABELS],
    ['gzip', gzipSync(IMAGES), gzipSync(LABELS)],
  ])('(%s) give images one channel, whatever the layout, and labels', async (_, images, labels) => {
    const dataset = await open(images, labels);
    expect(dataset.sampleShape).toEqual([1, 2, 3]);
    expect([...dataset.labels!]).toEqual([9, 0]);
    const into = new Float32Array(6);
    await dataset.read(1, 1, into);
    expect([...into]).toEqual([3.5, 4, 4.5, 5, 5.5, 127.5]);
    dataset.close();
    expect((await open(images, null)).labels).toBeNull();
  });

  it('of four axes are read by the layout', async () => {
    const dataset = await open(idx([1, 1, 2, 3], [10, 20, 30, 40, 50, 60]), null);
    expect(dataset.sampleShape).toEqual([3, 1, 2]);
    const into = new Float32Array(6);
    await dataset.read(0, 1, into);
    expect([...into]).toEqual([5, 20, 10, 25, 15, 30]);
  });

  it.each([
    ['another kind of file', Buffer.from('PNG, no IDX file'), /two zero bytes, got 504e472c \(.*ubyte, byte 0\)/],
    ['another type', idx([1, 1, 1], [0, 0, 0, 0], 0x0d), /type 0x08 \(unsigned byte\), got 0x0d \(.*, byte 2\)/],
    ['no axes', idx([], []), /1 to 4 axes, got 0 \(.*, byte 3\)/],
    ['a missing byte', IMAGES.subarray(0, 27), /12 bytes of data for shape \[2, 2, 3\], got 11 \(.*, byte 16\)/],
    ['a cut header', IMAGES.subarray(0, 9), /12 bytes from byte 4 on, got the end of the data at byte 9/],
    [
      'a damaged gzip file',
      gzipSync(IMAGES).subarray(0, 20),
      /12 bytes from byte 4 on, got the end of the data at byte \d+/,
    ],
    ['a gzip file without its end', gzipSync(IMAGES).subarray(0, -4), /a sound gzip file that inflates to 28 bytes/],
    [
      'a gzip file that goes on',
      gzipSync(Buffer.concat([IMAGES, Buffer.alloc(99)])),
      /that inflates to 28 bytes, as its/,
    ],
  ])('are refused with %s', async (_, bytes, message) => {
    await expect(open(bytes)).rejects.toThrow(message);
  });

  it('need one label for each image', async () => {
    await expect(open(IMAGES, idx([3], [1, 2, 3]))).rejects.toThrow('labels of shape [2], one for each sample');
  });
});
