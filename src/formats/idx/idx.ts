import { constants, gunzipSync } from 'node:zlib';

import { DatasetError } from '../dataset-error.js';
import { memorySource, openFile, type ByteSource } from '../io/file-source.js';
import { mostInflatedBytes } from '../io/inflation.js';
import { NPY_DTYPES } from '../npy/npy-dtype.js';
import type { NpyArray } from '../npy/npy-header.js';

/** A gzip file is held in memory, compressed too; MNIST's largest has 10 MB. */
const MOST_COMPRESSED_BYTES = 2 ** 28;
/** Behind the gzip header: inflates to far more than a header of IDX, and to a megabyte at most. */
const PEEKED_BYTES = 1024;
const UNSIGNED_BYTE = 0x08;
/** Flags of a gzip header. */
const GZIP_CHECKSUM = 2;
const GZIP_EXTRA = 4;
const GZIP_NAME = 8;
const GZIP_COMMENT = 16;

/**
 * Opens a file of IDX, the format of MNIST (http://yann.lecun.com/exdb/mnist): two zero bytes, the
 * type 0x08 (unsigned byte), the number of axes, each axis's length as a big-endian 32-bit number,
 * then the bytes. A gzip file is inflated into memory; a plain one is read by position. Closing the
 * array's source closes the file.
 *
 * @throws DatasetError with the byte where the file is no such file, or is cut short
 */
export function openIdx(path: string): NpyArray {
  const file = openFile(path);
  try {
    const source = isGzip(file) ? inflate(file) : file;
    if (source !== file) file.close();
    return { source, dtype: NPY_DTYPES.get('u1')!, ...readHeader(source) };
  } catch (error) {
    file.close();
    throw error;
  }
}

/** The array with an axis of one channel where images `[N, H, W]` have none. */
export function withChannelAxis(array: NpyArray): NpyArray {
  const { shape } = array;
  return shape.length === 3 ? { ...array, shape: [shape[0]!, 1, shape[1]!, shape[2]!] } : array;
}

function readHeader(source: ByteSource): { readonly shape: readonly number[]; readonly dataStart: number } {
  const header = readShape(source);
  if (header.dataStart + header.dataBytes === source.sizeBytes) return header;
  const what = `${header.dataBytes} bytes of data for shape [${header.shape.join(', ')}]`;
  throw bad(source, header.dataStart, what, `${source.sizeBytes - header.dataStart}`);
}

interface IdxShape {
  readonly shape: readonly number[];
  readonly dataStart: number;
  /** As the shape says. */
  readonly dataBytes: number;
}

/** What the file's start says. */
function readShape(source: ByteSource): IdxShape {
  const start = new Uint8Array(4);
  source.read(0, start);
  const [zero, alsoZero, type, axes] = start as unknown as [number, number, number, number];
  if (zero !== 0 || alsoZero !== 0) {
    const got = Buffer.from(start).toString('hex');
    throw bad(source, 0, 'an IDX file, which begins with two zero bytes', got);
  }
  if (type !== UNSIGNED_BYTE) throw bad(source, 2, 'IDX type 0x08 (unsigned byte)', `0x${hex(type)}`);
  if (axes < 1 || axes > 4) throw bad(source, 3, '1 to 4 axes', String(axes));
  const lengths = new Uint8Array(4 * axes);
  source.read(4, lengths);
  const shape = Array.from({ length: axes }, (_, axis) => Buffer.from(lengths).readUInt32BE(4 * axis));
  const dataBytes = shape.reduce((product, size) => product * size, 1);
  return { shape, dataStart: 4 + lengths.length, dataBytes };
}

function isGzip(file: ByteSource): boolean {
  if (file.sizeBytes < 2) return false;
  const start = new Uint8Array(2);
  file.read(0, start);
  return start[0] === 0x1f && start[1] === 0x8b;
}

/**
 * The first bytes say how many there will be: that is decided on before the rest is inflated, and
 * no more is.
 */
function inflate(file: ByteSource): ByteSource {
  if (file.sizeBytes > MOST_COMPRESSED_BYTES) {
    const expected = `a gzip file of at most ${MOST_COMPRESSED_BYTES} bytes`;
    const advice = 'Unpack it with gunzip: a plain file is read piece by piece.';
    throw new DatasetError({ expected, got: String(file.sizeBytes), where: file.path, advice });
  }
  const bytes = new Uint8Array(file.sizeBytes);
  file.read(0, bytes);
  const start = gunzip(file, bytes.subarray(0, gzipHeaderBytes(bytes) + PEEKED_BYTES), 2 ** 21, constants.Z_SYNC_FLUSH);
  const { dataStart, dataBytes } = readShape(start);
  const most = mostInflatedBytes(file.sizeBytes);
  if (dataStart + dataBytes > most) {
    throw new DatasetError({
      expected: `a gzip file that inflates to at most ${most} bytes (${file.sizeBytes} are compressed)`,
      got: `${dataStart + dataBytes}`,
      where: file.path,
      advice: 'Unpack it with gunzip: a plain file is read piece by piece.',
    });
  }
  return gunzip(file, bytes, dataStart + dataBytes, constants.Z_FINISH);
}

/**
 * Length of a gzip header (RFC 1952, 2.3): ten bytes, then as its flags say an extra field, a name,
 * a comment and a checksum, of any length. That of the whole file where it does not end.
 */
function gzipHeaderBytes(bytes: Uint8Array): number {
  const flags = bytes[3] ?? 0;
  let end = 10;
  if ((flags & GZIP_EXTRA) !== 0) end += 2 + (bytes[end] ?? 0) + 256 * (bytes[end + 1] ?? 0);
  for (const text of [GZIP_NAME, GZIP_COMMENT]) {
    if ((flags & text) === 0) continue;
    const zero = bytes.indexOf(0, end);
    if (zero < 0) return bytes.length;
    end = zero + 1;
  }
  return end + ((flags & GZIP_CHECKSUM) === 0 ? 0 : 2);
}

function gunzip(file: ByteSource, bytes: Uint8Array, most: number, finishFlush: number): ByteSource {
  try {
    return memorySource(file.path, gunzipSync(bytes, { maxOutputLength: most, finishFlush }));
  } catch (cause) {
    const got = cause instanceof Error ? cause.message : String(cause);
    const advice = 'Unpack it with gunzip to see whether it is whole; a plain file is read piece by piece.';
    const expected = `a sound gzip file that inflates to ${most} bytes, as its header says`;
    throw new DatasetError({ expected, got, where: file.path, advice }, { cause });
  }
}

function bad(source: ByteSource, byte: number, expected: string, got: string): DatasetError {
  const advice = 'The file is cut short or not an IDX file of bytes.';
  return new DatasetError({ expected, got, where: `${source.path}, byte ${byte}`, advice });
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}
