import { dirname } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { decodeImage } from '../../src/formats/image-folder/decode-image.js';
import type { ImageGeometry } from '../../src/formats/image-folder/image-geometry.js';
import { openDataset } from '../../src/formats/open-dataset.js';
import { AS_STORED, temporaryFolder } from '../formats/write-files.js';

const asStored: ImageGeometry = { resize: null, crop: null, kernel: 'linear', channels: 3 };

/** Red, green and blue waves of different lengths `[height, width, 3]`. */
function waves(width: number, height: number): Uint8Array {
  return Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    const [channel, x, y] = [i % 3, Math.floor(i / 3) % width, Math.floor(i / 3 / width)];
    return Math.round(127 + 120 * Math.sin(x / (7 + channel * 5) + y / 13) * Math.cos(y / (3 + channel)));
  });
}

function image(pixels: Uint8Array, width: number, height: number): ReturnType<typeof sharp> {
  return sharp(pixels, { raw: { width, height, channels: (pixels.length / width / height) as 1 | 3 | 4 } });
}

async function decode(bytes: Uint8Array, geometry: Partial<ImageGeometry> = {}) {
  return decodeImage(temporaryFolder()('image', bytes), { ...asStored, ...geometry });
}

/**
 * One axis of Pillow's resampling with a triangle, in float: the filter is as wide as two output
 * pixels when shrinking, weights are normalized, and the result is rounded to 8 bits after each
 * axis.
 */
function resample(length: number, into: number, at: (i: number) => number): number[] {
  const scale = length / into;
  const width = Math.max(1, scale);
  return Array.from({ length: into }, (_, o) => {
    const center = (o + 0.5) * scale;
    const first = Math.max(0, Math.floor(center - width + 0.5));
    const end = Math.min(length, Math.floor(center + width + 0.5));
    let [sum, weights] = [0, 0];
    for (let i = first; i < end; i++) {
      const weight = Math.max(0, 1 - Math.abs((i - center + 0.5) / width));
      sum += weight * at(i);
      weights += weight;
    }
    return Math.round(sum / weights);
  });
}

/** `[height, width, 3]` resized by rows, then by columns, and cropped from `top`, `left`. */
function reference(
  pixels: Uint8Array,
  [width, height]: readonly [number, number],
  to: {
    readonly size: readonly [number, number];
    readonly crop: readonly [number, number, number];
  },
): number[] {
  const [columns, rows] = to.size;
  const wide = Array.from({ length: 3 }, (_, c) =>
    Array.from({ length: height }, (_, y) => resample(width, columns, (x) => pixels[(y * width + x) * 3 + c]!)),
  );
  const planes = wide.map((plane) =>
    Array.from({ length: columns }, (_, x) => resample(height, rows, (y) => plane[y]![x]!)),
  );
  const [top, left, side] = to.crop;
  return Array.from({ length: side * side * 3 }, (_, i) => {
    const [c, x, y] = [i % 3, Math.floor(i / 3) % side, Math.floor(i / 3 / side)];
    return planes[c]![left + x]![top + y]!;
  });
}

describe('37: pixels are those of training pipelines', () => {
  it.each([
    // A shorter side of 128 makes 192 x 128; 112 in the middle begin at 8 and 40.
    ['shrunk', 1, [300, 200], { resize: 128, crop: 112 }, { size: [192, 128], crop: [8, 40, 112] }],
    ['upright', 1, [200, 300], { resize: 128, crop: 112 }, { size: [128, 192], crop: [40, 8, 112] }],
    ['shrunk much', 1, [1500, 1000], { resize: 60, crop: 50 }, { size: [90, 60], crop: [5, 20, 50] }],
    // Many weights are such that rounding after each axis meets halves.
    ['enlarged', 2, [60, 40], { resize: 90, crop: 80 }, { size: [135, 90], crop: [5, 28, 80] }],
  ] as const)(
    'after resizing and cropping, %s, within %i of 255 of a reference in float',
    async (_, most, [width, height], geometry, to) => {
      const pixels = waves(width, height);
      const { data } = await decode(await image(pixels, width, height).png().toBuffer(), geometry);
      const expected = reference(pixels, [width, height], to);
      const differences = expected.map((value, i) => Math.abs(value - data[i]!));
      expect(data.length).toBe(expected.length);
      expect(differences.reduce((a, b) => Math.max(a, b))).toBeLessThanOrEqual(most);
      expect(differences.reduce((a, b) => a + b) / differences.length).toBeLessThan(most === 1 ? 0.05 : 0.5);
    },
  );

  it.each(['png', 'jpeg'] as const)('whatever the colour profile that a %s file carries', async (format) => {
    const pixels = waves(96, 64);
    const plain = await image(pixels, 96, 64)[format]().toBuffer();
    const profiled = await image(pixels, 96, 64)[format]().withIccProfile('p3', { attach: true }).toBuffer();
    // Writing converts to the profile: the stored numbers are what counts, so they are read without
    // it.
    const stored = await sharp(profiled, { ignoreIcc: true }).raw().toBuffer();
    expect((await sharp(profiled).metadata()).hasProfile).toBe(true);
    for (const geometry of [{}, { resize: 40, crop: 32 }]) {
      const { data } = await decode(profiled, geometry);
      const { data: expected } = await decode(await image(stored, 96, 64).png().toBuffer(), geometry);
      expect(data).toEqual(expected);
    }
    expect((await decode(plain)).data).not.toEqual(stored);
  });

  it('of CMYK, by the inks alone', async () => {
    const jpeg = await image(waves(64, 64), 64, 64).toColourspace('cmyk').jpeg({ quality: 100 }).toBuffer();
    const inks = await sharp(jpeg, { ignoreIcc: true })
      .pipelineColourspace('cmyk')
      .toColourspace('cmyk')
      .raw()
      .toBuffer();
    const { data } = await decode(jpeg);
    expect(inks.length).toBe(64 * 64 * 4);
    const expected = Array.from(data, (_, i) => {
      const [ink, black] = [inks[Math.floor(i / 3) * 4 + (i % 3)]!, inks[Math.floor(i / 3) * 4 + 3]!];
      return Math.round(((255 - ink) * (255 - black)) / 255);
    });
    // (255 - C)(255 - K) / 255 as Pillow rounds it: what is taken off, not what is left.
    expect(Math.max(...expected.map((value, i) => Math.abs(value - data[i]!)))).toBeLessThanOrEqual(1);
    expect((await decode(jpeg, { resize: 32, crop: 32 })).data.length).toBe(32 * 32 * 3);
  });

  it('without transparency, which weighs nothing when resizing either', async () => {
    const pixels = waves(60, 40);
    const clear = Uint8Array.from({ length: 60 * 40 * 4 }, (_, i) =>
      i % 4 === 3 ? (Math.floor(i / 4) * 7) % 256 : pixels[Math.floor(i / 4) * 3 + (i % 4)]!,
    );
    const geometry = { resize: 20, crop: 20 };
    const { data } = await decode(await image(clear, 60, 40).png().toBuffer(), geometry);
    expect(data).toEqual((await decode(await image(pixels, 60, 40).png().toBuffer(), geometry)).data);
  });

  it('of 16 bits, by the upper eight, before resizing', async () => {
    const pixels = waves(60, 40);
    const wide = Uint16Array.from(pixels, (value, i) => value * 256 + ((i * 37) % 256));
    const png = await sharp(wide, { raw: { width: 60, height: 40, channels: 3 } })
      .toColourspace('rgb16')
      .png()
      .toBuffer();
    expect((await sharp(png).metadata()).depth).toBe('ushort');
    for (const geometry of [{}, { resize: 20, crop: 20 }]) {
      const { data } = await decode(png, geometry);
      expect(data).toEqual((await decode(await image(pixels, 60, 40).png().toBuffer(), geometry)).data);
    }
  });

  it('of a palette, by its colours, and of grey, three times', async () => {
    const colours = Uint8Array.from(
      { length: 24 * 16 * 3 },
      (_, i) =>
        [
          [200, 10, 90],
          [0, 255, 7],
        ][Math.floor(i / 3) % 2]![i % 3]!,
    );
    const palette = await image(colours, 24, 16).png({ palette: true }).toBuffer();
    expect((await sharp(palette).metadata()).isPalette).toBe(true);
    expect([...(await decode(palette)).data]).toEqual([...colours]);
    const grey = await image(Uint8Array.of(7, 9), 2, 1).png().toBuffer();
    expect([...(await decode(grey)).data]).toEqual([7, 7, 7, 9, 9, 9]);
  });

  it('as stored, whichever way an EXIF orientation turns them', async () => {
    const pixels = waves(48, 32);
    const plain = await image(pixels, 48, 32).jpeg().toBuffer();
    const turned = await sharp(plain).withMetadata({ orientation: 6 }).jpeg().toBuffer();
    expect((await sharp(turned).metadata()).orientation).toBe(6);
    const { width, height } = await decode(turned);
    expect([width, height]).toEqual([48, 32]);
  });
});

const STORED = [
  ['linear', 3, 4, [52, 56, 109, 161, 171, 58, 68, 120, 178, 159, 47, 79]],
  [
    'linear',
    6,
    8,
    [
      0, 23, 51, 79, 106, 134, 162, 185, 111, 54, 34, 62, 89, 117, 145, 168, 216, 106, 38, 39, 66, 94, 122, 145, 194,
      190, 122, 17, 44, 72, 100, 123, 171, 194, 174, 106, 37, 49, 77, 100, 154, 177, 205, 201, 36, 32, 60, 83,
    ],
  ],
  ['cubic', 3, 4, [40, 49, 116, 168, 184, 44, 65, 123, 182, 178, 32, 77]],
  [
    'cubic',
    6,
    8,
    [
      0, 17, 54, 81, 108, 136, 166, 189, 112, 41, 18, 66, 92, 120, 150, 173, 241, 104, 14, 35, 66, 94, 124, 147, 196,
      213, 128, 0, 41, 72, 102, 125, 165, 208, 194, 109, 29, 40, 76, 99, 150, 172, 220, 225, 25, 18, 60, 83,
    ],
  ],
  ['lanczos3', 3, 4, [34, 47, 120, 170, 194, 35, 62, 128, 185, 185, 25, 78]],
  [
    'lanczos3',
    6,
    8,
    [
      0, 17, 62, 79, 109, 134, 168, 189, 112, 34, 16, 74, 96, 118, 154, 174, 255, 117, 10, 30, 64, 93, 125, 146, 201,
      227, 119, 0, 36, 77, 104, 126, 154, 210, 210, 111, 26, 32, 80, 98, 151, 155, 234, 230, 29, 1, 69, 83,
    ],
  ],
] as const;

describe('37: resized pixels that Pillow 12 makes', () => {
  // 6 x 4 pixels of grey: 0, 37, 74, ... mod 256. Stored from Image.resize((4, 3)) and
  // Image.resize((8, 6)).
  const grey = Uint8Array.from({ length: 24 }, (_, i) => (i * 37) % 256);
  it.each(STORED)('are the very same, %s to %i x %i', async (kernel, height, width, expected) => {
    const { data } = await decode(await image(grey, 6, 4).png().toBuffer(), {
      resize: [height, width],
      kernel,
      channels: 1,
    });
    expect([...data]).toEqual(expected);
  });

  it('have the luma of ITU-R 601-2', async () => {
    const colours = Uint8Array.of(255, 0, 0, 0, 255, 0, 0, 0, 255, 12, 200, 99);
    expect([...(await decode(await image(colours, 4, 1).png().toBuffer(), { channels: 1 })).data]).toEqual([
      76, 150, 29, 132,
    ]);
  });
});

describe('37: the centre crop', () => {
  // Python's round: half to even, as torchvision's center_crop.
  it.each([
    ['500 x 375 resized to 256, cropped to 224', 341, 256, 224, 58, 16],
    ['an odd rest of 119', 343, 256, 224, 60, 16],
    ['an odd rest of 1', 225, 224, 224, 0, 0],
    ['an odd rest of 3', 227, 224, 224, 2, 0],
    ['an even rest', 228, 226, 224, 2, 1],
  ])('of %s begins at an even half', async (_, width, height, side, left, top) => {
    // Every column has its number, every row too.
    const pixels = Uint8Array.from({ length: width * height * 3 }, (_, i) => {
      const place = Math.floor(i / 3);
      return [(place % width) % 256, Math.floor((place % width) / 256), Math.floor(place / width) % 256][i % 3]!;
    });
    const { data } = await decode(await image(pixels, width, height).png().toBuffer(), { crop: side });
    expect([data[0]! + 256 * data[1]!, data[2]]).toEqual([left, top]);
  });

  it('of 500 x 375 is so through a folder too', async () => {
    const pixels = waves(500, 375);
    const write = temporaryFolder();
    const path = dirname(write('a.png', await image(pixels, 500, 375).png().toBuffer()));
    const dataset = await openDataset(
      { ...asStored, format: 'imageFolder', path, labels: null, resize: 256, crop: 224 },
      AS_STORED,
    );
    const into = new Float32Array(3 * 224 * 224);
    await dataset.read(0, 1, into);
    dataset.close();
    const expected = reference(pixels, [500, 375], { size: [341, 256], crop: [16, 58, 224] });
    const differences = expected.map((value, i) => Math.abs(value - into[(i % 3) * 224 * 224 + Math.floor(i / 3)]!));
    expect(differences.reduce((a, b) => Math.max(a, b))).toBeLessThanOrEqual(1);
  });
});
