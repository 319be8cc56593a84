import { copyFileSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { afterEach, describe, expect, it } from 'vitest';
import type { SampleSource } from '../../../src/formats/data-source.js';
import type { Dataset } from '../../../src/formats/dataset.js';
import { openDataset } from '../../../src/formats/open-dataset.js';
import { permutedDataset, reorderedDataset, sampleOrder } from '../../../src/formats/permuted-dataset.js';
import { readAhead } from '../../../src/formats/read-ahead.js';
import { AS_STORED, npyArray, temporaryFolder } from '../write-files.js';

type ImageFolderSource = Extract<SampleSource, { format: 'imageFolder' }>;

const opened: Dataset[] = [];
afterEach(() => {
  for (const dataset of opened.splice(0)) dataset.close();
});

/** Black but for a white rectangle of rows and columns, ends not included. */
async function rectangle(
  [height, width]: readonly [number, number],
  [top, bottom]: readonly [number, number],
  [left, right]: readonly [number, number],
): Promise<ReturnType<typeof sharp>> {
  const inside = { create: { height: bottom - top, width: right - left, channels: 3, background: 'white' } } as const;
  const white = await sharp(inside).png().toBuffer();
  return sharp({ create: { height, width, channels: 3, background: 'black' } }).composite([
    { input: white, top, left },
  ]);
}

async function open(path: string, changes: Partial<ImageFolderSource>): Promise<Dataset> {
  const settings = { labels: null, resize: null, crop: null, kernel: 'opencvLinear', channels: 1 } as const;
  const dataset = await openDataset({ format: 'imageFolder', path, ...settings, ...changes }, AS_STORED);
  opened.push(dataset);
  return dataset;
}

const LETTERBOX = { size: [64, 64], pad: 0, align: 'center', rounding: 'halfEven', scaleUp: true } as const;

describe('where samples of an image folder come from', () => {
  it('has their paths, upright sizes, and where the picture is in the sample', async () => {
    const write = temporaryFolder();
    const image = await rectangle([40, 90], [0, 1], [0, 1]);
    write('images/b/side.jpg', await image.clone().withMetadata({ orientation: 8 }).jpeg().toBuffer());
    write('images/a.png', await image.clone().png().toBuffer());
    const path = join(dirname(write('images/c.png', await image.clone().png().toBuffer())));
    const labels = write('labels.csv', 'a.png,0\nb/side.jpg,1\nc.png,0\n');
    const dataset = await open(path, { labels, letterbox: LETTERBOX, orientation: 'exif' });
    expect(dataset.names).toEqual(['a.png', 'b/side.jpg', 'c.png']);
    // 64/90: 40 rows become 28.4, so 28; 36 are missing.
    const lying = { scaleX: 64 / 90, scaleY: 64 / 90, left: 0, top: 18 };
    const upright = { scaleX: 64 / 90, scaleY: 64 / 90, left: 18, top: 0 };
    expect(await dataset.origins!(0, 3)).toEqual([
      { name: 'a.png', size: [40, 90], placement: lying },
      { name: 'b/side.jpg', size: [90, 40], placement: upright },
      { name: 'c.png', size: [40, 90], placement: lying },
    ]);
    expect(await dataset.origins!(1, 1)).toMatchObject([{ name: 'b/side.jpg' }]);
    await expect((async () => dataset.origins!(2, 2))()).rejects.toThrow('Expected samples within 0..2');
  });

  it('knows sizes from decoding as from headers', async () => {
    const write = temporaryFolder();
    const path = dirname(write('a.png', await (await rectangle([10, 30], [0, 1], [0, 1])).png().toBuffer()));
    const dataset = await open(path, { letterbox: LETTERBOX });
    await dataset.read(0, 1, new Float32Array(64 * 64));
    const afterReading = await dataset.origins!(0, 1);
    expect(afterReading).toEqual(await (await open(path, { letterbox: LETTERBOX })).origins!(0, 1));
    expect(afterReading).toMatchObject([{ size: [10, 30] }]);
  });

  it.each<[string, Partial<ImageFolderSource>, object]>([
    ['as stored', {}, { scaleX: 1, scaleY: 1, left: 0, top: 0 }],
    ['stretched', { resize: [30, 30] }, { scaleX: 0.5, scaleY: 0.75, left: 0, top: 0 }],
    // The shorter side: 40 to 20, so 60 to 30.
    ['resized', { resize: 20 }, { scaleX: 0.5, scaleY: 0.5, left: 0, top: 0 }],
    // (60 - 31) / 2 = 14.5, to the even 14; (40 - 31) / 2 = 4.5, to 4.
    ['cropped', { crop: 31 }, { scaleX: 1, scaleY: 1, left: -14, top: -4 }],
    ['resized and cropped', { resize: 20, crop: [16, 20] }, { scaleX: 0.5, scaleY: 0.5, left: -5, top: -2 }],
    ['padded', { pad: { multiple: 32, value: 0 } }, { scaleX: 1, scaleY: 1, left: 0, top: 0 }],
    ['in the corner', { letterbox: { ...LETTERBOX, align: 'topLeft' } }, { scaleX: 64 / 60, left: 0, top: 0 }],
  ])('a picture of 60 x 40 %s: a rectangle is found where the placement says', async (_, changes, expected) => {
    const [rows, columns] = [
      [10, 28],
      [20, 40],
    ] as const;
    const path = dirname(temporaryFolder()('a.png', await (await rectangle([40, 60], rows, columns)).png().toBuffer()));
    const dataset = await open(path, changes);
    const [origin] = await dataset.origins!(0, 1);
    expect(origin!.placement).toMatchObject(expected);
    const [, height, width] = dataset.sampleShape as [number, number, number];
    const sample = new Float32Array(height * width);
    await dataset.read(0, 1, sample);
    const { scaleX, scaleY, left, top } = origin!.placement!;
    // Edges blur over a pixel, so the middle of the mass is what is compared.
    let [mass, x, y] = [0, 0, 0];
    for (const [place, value] of sample.entries()) {
      mass += value;
      x += value * ((place % width) + 0.5);
      y += value * (Math.floor(place / width) + 0.5);
    }
    expect(Math.abs(x / mass - (30 * scaleX + left))).toBeLessThan(0.3);
    expect(Math.abs(y / mass - (19 * scaleY + top))).toBeLessThan(0.3);
  });

  it('follow the samples through other orders, further inputs and a thread that reads ahead', async () => {
    const write = temporaryFolder();
    const image = await (await rectangle([4, 8], [0, 1], [0, 1])).png().toBuffer();
    const path = dirname(write('images/0.png', image));
    for (const name of ['1', '2', '3', '4']) copyFileSync(join(path, '0.png'), join(path, `${name}.png`));
    const phase = write('phase.npy', npyArray('<f4', [5, 1], Float32Array.of(0, 1, 2, 3, 4)));
    const inputs = { phase: { path: phase, array: null, value: null, per: 'sample' } } as const;
    const settings = { labels: null, resize: null, crop: null, kernel: 'linear', channels: 3 } as const;
    const source = { format: 'imageFolder', path, ...settings, inputs } as const;
    const dataset = await openDataset(source, AS_STORED);
    expect(dataset.names).toEqual(['0.png', '1.png', '2.png', '3.png', '4.png']);
    expect(await dataset.origins!(3, 2)).toMatchObject([{ name: '3.png' }, { name: '4.png' }]);

    const order = sampleOrder(5, 9);
    const permuted = permutedDataset(dataset, 9);
    expect(permuted.names).toEqual([...order].map((sample) => `${sample}.png`));
    const found = await permuted.origins!(1, 3);
    expect(found.map(({ name }) => name)).toEqual(permuted.names!.slice(1, 4));
    expect(reorderedDataset(dataset, Uint32Array.of(4, 2)).names).toEqual(['4.png', '2.png']);

    const thread = new URL('../../../dist/formats/read-ahead-thread.js', import.meta.url);
    const ahead = readAhead(dataset, { source, preprocess: AS_STORED, sampleSeed: null }, thread);
    opened.push(ahead);
    expect(ahead.names).toBe(dataset.names);
    await ahead.read(0, 2, new Float32Array(2 * 3 * 4 * 8));
    expect(await ahead.origins!(2, 1)).toMatchObject([{ name: '2.png', size: [4, 8] }]);
  });

  it('names the file whose header is damaged', async () => {
    const write = temporaryFolder();
    const path = dirname(write('a.png', await (await rectangle([4, 8], [0, 1], [0, 1])).png().toBuffer()));
    write('b.png', 'no image at all');
    write('c.jpg', Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0, 16));
    const dataset = await open(path, {});
    await expect(dataset.origins!(1, 1)).rejects.toThrow(/^Expected a JPEG or PNG image, .*b\.png/s);
    await expect(dataset.origins!(2, 1)).rejects.toThrow(/^Expected a sound JPEG or PNG image, got .*c\.jpg/s);
  });
});

describe('letterboxed pixels', () => {
  it('lie in the middle of pixels of the value of pad, before data.preprocess', async () => {
    const path = dirname(temporaryFolder()('a.png', await (await rectangle([1, 2], [0, 1], [0, 2])).png().toBuffer()));
    const letterbox = { ...LETTERBOX, size: [4, 4], pad: 114 } as const;
    const settings = { labels: null, resize: null, crop: null, kernel: 'opencvLinear', channels: 3 } as const;
    const preprocess = { ...AS_STORED, divideBy: 255 };
    const dataset = await openDataset({ format: 'imageFolder', path, ...settings, letterbox }, preprocess);
    opened.push(dataset);
    const into = new Float32Array(48);
    await dataset.read(0, 1, into);
    const row = (value: number): number[] => Array.from({ length: 4 }, () => Math.fround(value / 255));
    const plane = [...row(114), ...row(255), ...row(255), ...row(114)];
    expect([...into]).toEqual([...plane, ...plane, ...plane]);
  });

  it.each([
    ['resize', { resize: 4 }],
    ['crop', { crop: 4 }],
    ['pad', { pad: { multiple: 32, value: 0 } }],
  ])('are not beside %s', async (name, changes) => {
    const folder = dirname(temporaryFolder()('x', ''));
    mkdirSync(join(folder, 'images'));
    const image = await (await rectangle([1, 2], [0, 1], [0, 2])).png().toBuffer();
    await sharp(image).toFile(join(folder, 'images/a.png'));
    await expect(open(join(folder, 'images'), { ...changes, letterbox: LETTERBOX })).rejects.toThrow(
      `Expected letterbox or ${name}, got both`,
    );
  });
});
