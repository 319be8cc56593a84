import { DatasetError } from '../dataset-error.js';

/** What a PNG file says of its pixels. */
export interface PngHeader {
  readonly width: number;
  readonly height: number;
  readonly bitDepth: number;
  /** 0: grey, 2: red, green, blue, 3: palette, 4 and 6: 0 and 2 with alpha. */
  readonly colourType: number;
  readonly isInterlaced: boolean;
}

/** One number for each pixel, row-major. */
export interface PngNumbers {
  readonly height: number;
  readonly width: number;
  /** Index in the palette, or grey as stored: of 4 bits 0..15, of 16 bits 0..65535. */
  readonly data: Uint16Array;
}

const CHANNELS: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/** First column, first row, step of columns, step of rows. */
type Pass = readonly [x: number, y: number, dx: number, dy: number];

/** Adam7 (W3C PNG, 8.1). */
const PASSES: readonly Pass[] = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
];

/**
 * The numbers of inflated scan lines: filters are undone, samples below 8 bits unpacked.
 *
 * @param lines pass after pass, row after row, a byte with the filter in front of each
 * @throws DatasetError when lines are missing, or a picture in colour is not grey
 */
export function unpackPng(header: PngHeader, lines: Uint8Array, path: string): PngNumbers {
  const { width, height, bitDepth, colourType } = header;
  const channels = CHANNELS[colourType]!;
  const data = new Uint16Array(width * height);
  let place = 0;
  for (const [x, y, dx, dy] of header.isInterlaced ? PASSES : [[0, 0, 1, 1] as const]) {
    const columns = Math.ceil((width - x) / dx);
    const rows = Math.ceil((height - y) / dy);
    if (columns <= 0 || rows <= 0) continue;
    const lineBytes = Math.ceil((columns * channels * bitDepth) / 8);
    // Filters look back one whole pixel, at least a byte.
    const back = Math.max(1, (channels * bitDepth) >> 3);
    let above: Uint8Array = new Uint8Array(lineBytes);
    for (let row = 0; row < rows; row += 1) {
      if (place + 1 + lineBytes > lines.length) throw unsound('fewer rows than the header says', path);
      const line = lines.subarray(place + 1, place + 1 + lineBytes);
      unfilter(lines[place]!, line, above, back, path);
      for (let column = 0; column < columns; column += 1) {
        // Most masks are so.
        if (channels === 1 && bitDepth === 8) data[(y + row * dy) * width + x + column * dx] = line[column]!;
        else data[(y + row * dy) * width + x + column * dx] = pixelOf(line, column, channels, header, path);
      }
      above = line;
      place += 1 + lineBytes;
    }
  }
  return { width, height, data };
}

/** Undoes a filter in place (W3C PNG, 9.2). */
function unfilter(filter: number, line: Uint8Array, above: Uint8Array, back: number, path: string): void {
  if (filter > 4) throw unsound(`filter ${filter}`, path);
  for (let at = 0; at < line.length && filter !== 0; at += 1) {
    const left = at < back ? 0 : line[at - back]!;
    const up = above[at]!;
    const corner = at < back ? 0 : above[at - back]!;
    if (filter === 1) line[at]! += left;
    else if (filter === 2) line[at]! += up;
    else if (filter === 3) line[at]! += (left + up) >> 1;
    else line[at]! += paeth(left, up, corner);
  }
}

function paeth(left: number, up: number, corner: number): number {
  const estimate = left + up - corner;
  const toLeft = Math.abs(estimate - left);
  const toUp = Math.abs(estimate - up);
  const toCorner = Math.abs(estimate - corner);
  if (toLeft <= toUp && toLeft <= toCorner) return left;
  return toUp <= toCorner ? up : corner;
}

function pixelOf(line: Uint8Array, column: number, channels: number, header: PngHeader, path: string): number {
  const { bitDepth, colourType } = header;
  const sample = (index: number): number => {
    if (bitDepth === 8) return line[index]!;
    if (bitDepth === 16) return line[2 * index]! * 256 + line[2 * index + 1]!;
    // The leftmost pixel is in the high bits.
    const bit = index * bitDepth;
    return (line[bit >> 3]! >> (8 - bitDepth - (bit & 7))) & ((1 << bitDepth) - 1);
  };
  const value = sample(column * channels);
  if (colourType !== 2 && colourType !== 6) return value;
  const [green, blue] = [sample(column * channels + 1), sample(column * channels + 2)];
  if (green === value && blue === value) return value;
  throw new DatasetError({
    expected: 'one number for each pixel, a palette or grey',
    got: `a colour, red ${value}, green ${green}, blue ${blue}`,
    where: path,
    advice: 'Turn colours into class numbers first, and write the mask with a palette or as grey.',
  });
}

function unsound(got: string, where: string): DatasetError {
  return new DatasetError({ expected: 'a sound PNG file', got, where, advice: 'Write the file again.' });
}
