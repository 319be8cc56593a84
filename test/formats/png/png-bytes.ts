import { crc32, deflateSync } from 'node:zlib';

/** What a PNG file is written with. */
export interface PngParts {
  readonly width: number;
  readonly height: number;
  readonly bitDepth: number;
  readonly colourType: number;
  /** Samples, row-major, channels last. */
  readonly data: ArrayLike<number>;
  /** Of every row; 0 unless given. */
  readonly filter?: 0 | 1 | 2;
}

/** A PNG file with a palette of 256 colours where the colour type is 3. */
export function pngBytes({ width, height, bitDepth, colourType, data, filter = 0 }: PngParts): Buffer {
  const channels = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }[colourType]!;
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([bitDepth, colourType, 0, 0, 0], 8);
  const perRow = width * channels;
  const lineBytes = Math.ceil((perRow * bitDepth) / 8);
  const back = Math.max(1, (channels * bitDepth) >> 3);
  const lines: Buffer[] = [];
  for (let row = 0; row < height; row += 1) {
    let bits = '';
    for (let at = 0; at < perRow; at += 1) bits += data[row * perRow + at]!.toString(2).padStart(bitDepth, '0');
    bits = bits.padEnd(lineBytes * 8, '0');
    lines.push(Buffer.from(Array.from({ length: lineBytes }, (_, at) => parseInt(bits.slice(at * 8, at * 8 + 8), 2))));
  }
  const filtered = lines.map((line, row) => {
    const before = (at: number): number =>
      filter === 0 ? 0 : filter === 1 ? (line[at - back] ?? 0) : (lines[row - 1]?.[at] ?? 0);
    return Buffer.from([filter, ...line.map((byte, at) => (byte - before(at)) & 255)]);
  });
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', header),
    ...(colourType === 3 ? [chunk('PLTE', Buffer.from(Array.from({ length: 768 }, (_, at) => (at * 37) & 255)))] : []),
    chunk('IDAT', deflateSync(Buffer.concat(filtered))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}
