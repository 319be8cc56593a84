import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { decodeImage } from '../../../src/formats/image-folder/decode-image.js';
import type { ImageGeometry } from '../../../src/formats/image-folder/image-geometry.js';
import { turnUpright } from '../../../src/formats/image-folder/turn-upright.js';
import { temporaryFolder } from '../write-files.js';

/** What the camera's sensor stored: two rows of three pixels. */
const STORED = ['abc', 'def'];

/** As each orientation is seen: mirrored, upside down, on its side. */
const SEEN: readonly (readonly [number, readonly string[]])[] = [
  [1, ['abc', 'def']],
  [2, ['cba', 'fed']],
  [3, ['fed', 'cba']],
  [4, ['def', 'abc']],
  [5, ['ad', 'be', 'cf']],
  [6, ['da', 'eb', 'fc']],
  [7, ['fc', 'eb', 'da']],
  [8, ['cf', 'be', 'ad']],
];

const GREYS: Readonly<Record<string, number>> = { a: 10, b: 50, c: 90, d: 130, e: 170, f: 210 };

function pixels(rows: readonly string[], channels: number) {
  const data = Uint8Array.from(
    rows
      .join('')
      .split('')
      .flatMap((letter) => Array.from({ length: channels }, (_, channel) => GREYS[letter]! + channel)),
  );
  return { data, height: rows.length, width: rows[0]!.length };
}

describe('EXIF orientation', () => {
  it.each(SEEN)('%i', (orientation, rows) => {
    for (const channels of [1, 3]) {
      expect(turnUpright(pixels(STORED, channels), channels, orientation)).toEqual(pixels(rows, channels));
    }
  });

  it.each([undefined, 0, 9, 1.5])('%s is none', (orientation) => {
    expect(turnUpright(pixels(STORED, 3), 3, orientation)).toEqual(pixels(STORED, 3));
  });

  it.each(SEEN)('%i is heeded by exif alone, in JPEG and PNG, as sharp itself turns', async (orientation, rows) => {
    const { data, height, width } = pixels(STORED, 3);
    const stored = sharp(data, { raw: { height, width, channels: 3 } }).withMetadata({ orientation });
    const geometry: ImageGeometry = { resize: null, crop: null, kernel: 'linear', channels: 3 };
    const png = temporaryFolder()('a.png', await stored.clone().png().toBuffer());
    expect((await sharp(png).metadata()).orientation).toBe(orientation);
    const upright = await decodeImage(png, { ...geometry, orientation: 'exif' });
    expect(upright).toEqual({ ...pixels(rows, 3), picture: [rows.length, rows[0]!.length] });
    expect(await decodeImage(png, geometry)).toEqual({ ...pixels(STORED, 3), picture: [2, 3] });
    const jpeg = temporaryFolder()('a.jpg', await stored.clone().jpeg({ quality: 100 }).toBuffer());
    const turned = await sharp(jpeg).rotate().raw().toBuffer();
    expect((await decodeImage(jpeg, { ...geometry, orientation: 'exif' })).data).toEqual(Uint8Array.from(turned));
  });
});
