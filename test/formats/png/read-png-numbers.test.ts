import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { readPngNumbers } from '../../../src/formats/png/read-png-numbers.js';
import { createPrng } from '../../../src/statistics/prng.js';
import { temporaryFolder } from '../write-files.js';
import { pngBytes } from './png-bytes.js';

describe('the numbers of a PNG file', () => {
  it.each([
    [0, 1],
    [0, 2],
    [0, 4],
    [0, 8],
    [0, 16],
    [3, 1],
    [3, 2],
    [3, 4],
    [3, 8],
  ])('of colour type %i with %i bits are those that were stored', (colourType, bitDepth) => {
    const random = createPrng(bitDepth);
    const data = Array.from({ length: 5 * 11 }, () => random.nextBelow(2 ** bitDepth));
    for (const filter of [0, 1, 2] as const) {
      const path = temporaryFolder()('m.png', pngBytes({ width: 11, height: 5, bitDepth, colourType, data, filter }));
      const found = readPngNumbers(path);
      expect([found.height, found.width]).toEqual([5, 11]);
      expect([...found.data]).toEqual(data);
    }
  });

  it.each([
    [false, 13, 9],
    [true, 13, 9],
    [true, 1, 3],
    [true, 3, 1],
    [true, 5, 8],
  ])('are those that another library wrote, interlaced %s, %i x %i', async (progressive, height, width) => {
    // Neighbours are alike, so that the library's choice of filters has every one of them.
    const data = Uint8Array.from({ length: height * width }, (_, at) => (at % width) * 3 + Math.floor(at / width) ** 2);
    const raw = { width, height, channels: 1 } as const;
    const bytes = await sharp(data, { raw })
      .toColourspace('b-w')
      .png({ progressive, adaptiveFiltering: true })
      .toBuffer();
    expect([...readPngNumbers(temporaryFolder()('m.png', bytes)).data]).toEqual([...data]);
  });

  it('are read of three equal channels, and of grey with transparency', () => {
    const write = temporaryFolder();
    const colour = { width: 2, height: 1, bitDepth: 8, colourType: 2, data: [7, 7, 7, 200, 200, 200] };
    expect([...readPngNumbers(write('c.png', pngBytes(colour))).data]).toEqual([7, 200]);
    const grey = { width: 2, height: 1, bitDepth: 16, colourType: 4, data: [300, 1, 65535, 2] };
    expect([...readPngNumbers(write('g.png', pngBytes(grey))).data]).toEqual([300, 65535]);
  });

  it('of colours are none', () => {
    const colour = { width: 2, height: 1, bitDepth: 8, colourType: 2, data: [7, 7, 7, 200, 0, 200] };
    const path = temporaryFolder()('c.png', pngBytes(colour));
    expect(() => readPngNumbers(path)).toThrow('got a colour, red 200, green 0, blue 200');
  });

  it('are not those of a damaged file', () => {
    const write = temporaryFolder();
    const sound = pngBytes({ width: 8, height: 8, bitDepth: 8, colourType: 0, data: new Uint8Array(64) });
    const bent = Buffer.from(sound);
    bent[45]! ^= 1;
    const wrong: readonly (readonly [Buffer, string])[] = [
      [Buffer.alloc(0), 'an empty file'],
      [Buffer.from('GIF89a..'), 'bytes that begin with 474946383961'],
      [sound.subarray(0, sound.length - 5), 'the end of the file'],
      [bent, 'with another checksum'],
    ];
    for (const [bytes, got] of wrong) expect(() => readPngNumbers(write('m.png', bytes))).toThrow(got);
  });
});
