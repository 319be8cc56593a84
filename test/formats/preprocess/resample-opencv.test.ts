import { describe, expect, it } from 'vitest';
import { resampleOpenCv } from '../../../src/formats/preprocess/resample-opencv.js';

/** Bytes without an order to speak of. */
function noise(height: number, width: number, channels: number) {
  const data = Uint8Array.from({ length: height * width * channels }, (_, i) => (i * i * 37 + i * 11) % 256);
  return { data, height, width };
}

/** What `cv2.resize(noise, size, interpolation=cv2.INTER_LINEAR)` of OpenCV 4.14 gives. */
const STORED = [
  [
    [3, 4, 1],
    [5, 6],
    [
      0, 24, 68, 149, 140, 110, 50, 81, 119, 143, 127, 105, 124, 168, 196, 134, 108, 98, 141, 120, 113, 169, 185, 187,
      152, 88, 58, 192, 236, 246,
    ],
  ],
  [
    [4, 6, 1],
    [2, 3],
    [66, 114, 202, 186, 154, 162],
  ],
  [
    [5, 7, 3],
    [2, 3],
    [95, 134, 183, 77, 100, 134, 162, 171, 125, 114, 155, 100, 69, 74, 152, 171, 117, 117],
  ],
  [
    [5, 5, 1],
    [2, 2],
    [115, 118, 148, 160],
  ],
  [
    [2, 3, 3],
    [5, 4],
    [
      0, 48, 170, 69, 95, 196, 113, 114, 189, 118, 98, 152, 2, 66, 177, 68, 110, 201, 108, 125, 190, 110, 106, 150, 12,
      137, 208, 65, 169, 219, 91, 169, 193, 80, 137, 140, 22, 208, 238, 62, 228, 236, 73, 212, 196, 50, 168, 130, 24,
      226, 246, 61, 242, 241, 68, 223, 197, 42, 176, 128,
    ],
  ],
  [
    [3, 1, 1],
    [4, 2],
    [0, 0, 30, 30, 94, 94, 170, 170],
  ],
] as const;

/** Bilinear in float64, centres at halves, the edge repeated. */
function literal(image: ReturnType<typeof noise>, channels: number, height: number, width: number): number[] {
  const at = (y: number, x: number, channel: number): number => {
    const row = Math.min(image.height - 1, Math.max(0, y));
    const column = Math.min(image.width - 1, Math.max(0, x));
    return image.data[(row * image.width + column) * channels + channel]!;
  };
  return Array.from({ length: height * width * channels }, (_, i) => {
    const [channel, x, y] = [i % channels, Math.floor(i / channels) % width, Math.floor(i / channels / width)];
    const [row, column] = [((y + 0.5) * image.height) / height - 0.5, ((x + 0.5) * image.width) / width - 0.5];
    const [top, left] = [Math.floor(row), Math.floor(column)];
    const [down, right] = [row - top, column - left];
    const above = at(top, left, channel) * (1 - right) + at(top, left + 1, channel) * right;
    const below = at(top + 1, left, channel) * (1 - right) + at(top + 1, left + 1, channel) * right;
    return above * (1 - down) + below * down;
  });
}

describe("OpenCV's INTER_LINEAR", () => {
  it.each(STORED)('of %j to %j is as stored', ([height, width, channels], [rows, columns], expected) => {
    const box = { top: 0, left: 0, height: rows, width: columns };
    const { data } = resampleOpenCv(noise(height, width, channels), channels, [rows, columns], box);
    expect([...data]).toEqual(expected);
  });

  it('leaves a picture of the same size as it is', () => {
    const image = noise(9, 7, 3);
    expect(resampleOpenCv(image, 3, [9, 7], { top: 0, left: 0, height: 9, width: 7 })).toEqual(image);
  });

  it.each([
    [640, 427],
    [97, 211],
    [300, 300],
    [20, 1],
  ])('of 211 x 97 to %i x %i is within 1 of bilinear in float64: shrinking skips pixels', (rows, columns) => {
    const image = noise(97, 211, 3);
    const box = { top: 0, left: 0, height: rows, width: columns };
    const { data } = resampleOpenCv(image, 3, [rows, columns], box);
    const expected = literal(image, 3, rows, columns);
    const worst = expected.reduce((most, value, i) => Math.max(most, Math.abs(value - data[i]!)), 0);
    // Rounded to nearest, less what 11 bits of weights and the bits dropped between make of it.
    expect(worst).toBeLessThan(1.01);
  });

  it('cuts a part out of what the whole would be', () => {
    const image = noise(30, 40, 3);
    const whole = resampleOpenCv(image, 3, [50, 70], { top: 0, left: 0, height: 50, width: 70 });
    const part = resampleOpenCv(image, 3, [50, 70], { top: 7, left: 9, height: 20, width: 30 });
    const rows = Array.from({ length: 20 }, (_, y) => whole.data.slice((7 + y) * 210 + 27, (7 + y) * 210 + 117));
    expect([...part.data]).toEqual(rows.flatMap((row) => [...row]));
  });
});
