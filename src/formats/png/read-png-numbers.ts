import { crc32, inflateSync } from 'node:zlib';
import { DatasetError } from '../dataset-error.js';
import { closeAfter } from '../io/closing.js';
import { openFile } from '../io/file-source.js';
import { unpackPng, type PngHeader, type PngNumbers } from './unpack-png.js';

/** Of a file: 64 million are 128 MB when decoded. */
const MOST_PIXELS = 2 ** 26;
const MOST_BYTES = 2 ** 30;
const SIGNATURE = '89504e470d0a1a0a';

/** Bit depths of the colour types: grey, red green blue, palette, grey and alpha, with alpha. */
const DEPTHS: Readonly<Record<number, readonly number[]>> = {
  0: [1, 2, 4, 8, 16],
  2: [8, 16],
  3: [1, 2, 4, 8],
  4: [8, 16],
  6: [8, 16],
};

/**
 * Reads the numbers that a PNG file stores (W3C PNG, third edition): of a palette the indices, of
 * grey the values, neither scaled nor turned into colours, as class numbers of masks must be read.
 * Transparency is left out. A file in colour is read where red, green and blue are equal.
 *
 * @throws DatasetError naming the file when it is missing, damaged or in colour
 */
export function readPngNumbers(path: string): PngNumbers {
  const bytes = closeAfter(openFile(path), (source) => {
    if (source.sizeBytes > MOST_BYTES) {
      throw new DatasetError({ expected: `at most ${MOST_BYTES} bytes`, got: `${source.sizeBytes}`, where: path });
    }
    const all = Buffer.alloc(source.sizeBytes);
    source.read(0, all);
    return all;
  });
  const { header, compressed } = readChunks(bytes, path);
  return unpackPng(header, inflated(compressed, header, path), path);
}

function readChunks(bytes: Buffer, path: string): { header: PngHeader; compressed: Buffer } {
  if (bytes.subarray(0, 8).toString('hex') !== SIGNATURE) {
    throw new DatasetError({
      expected: `a PNG file, which begins with ${SIGNATURE}`,
      got: bytes.length === 0 ? 'an empty file' : `bytes that begin with ${bytes.subarray(0, 8).toString('hex')}`,
      where: path,
      advice: 'Masks are PNG files: other kinds change class numbers.',
    });
  }
  let header: PngHeader | null = null;
  const parts: Buffer[] = [];
  for (let place = 8; ;) {
    if (place + 12 > bytes.length) throw damaged(`the end of the file at byte ${bytes.length}`, path);
    const length = bytes.readUInt32BE(place);
    if (place + 12 + length > bytes.length) throw damaged(`the end of the file at byte ${bytes.length}`, path);
    const type = bytes.toString('latin1', place + 4, place + 8);
    const data = bytes.subarray(place + 8, place + 8 + length);
    if (crc32(bytes.subarray(place + 4, place + 8 + length)) !== bytes.readUInt32BE(place + 8 + length)) {
      throw damaged(`chunk ${JSON.stringify(type)} with another checksum at byte ${place}`, path);
    }
    if (type === 'IHDR') header = readHeader(data, path);
    if (type === 'IDAT') parts.push(data);
    if (type === 'IEND') break;
    place += 12 + length;
  }
  if (header === null || parts.length === 0) throw damaged('one without a header or pixels', path);
  return { header, compressed: Buffer.concat(parts) };
}

function readHeader(data: Buffer, path: string): PngHeader {
  if (data.length !== 13) throw damaged(`a header of ${data.length} bytes`, path);
  const [width, height] = [data.readUInt32BE(0), data.readUInt32BE(4)];
  const [bitDepth, colourType, interlace] = [data[8]!, data[9]!, data[12]!];
  if (height === 0 || width === 0 || height * width > MOST_PIXELS) {
    const got = `${height} x ${width} (height x width)`;
    throw new DatasetError({ expected: `1 to ${MOST_PIXELS} pixels`, got, where: path });
  }
  if (DEPTHS[colourType]?.includes(bitDepth) !== true || interlace > 1 || data[10] !== 0 || data[11] !== 0) {
    throw damaged(`colour type ${colourType} of ${bitDepth} bits, interlace ${interlace}`, path);
  }
  return { width, height, bitDepth, colourType, isInterlaced: interlace === 1 };
}

function inflated(compressed: Buffer, { height, width }: PngHeader, path: string): Uint8Array {
  try {
    // Eight bytes a pixel at most, and a byte for each row of seven passes.
    return inflateSync(compressed, { maxOutputLength: height * width * 8 + 7 * (height + 1) });
  } catch (cause) {
    throw damaged(cause instanceof Error ? cause.message : String(cause), path, cause);
  }
}

function damaged(got: string, where: string, cause?: unknown): DatasetError {
  return new DatasetError({ expected: 'a sound PNG file', got, where, advice: 'Write the file again.' }, { cause });
}
