import { gunzipSync } from 'node:zlib';

import { DatasetError } from './dataset-error.js';
import { memorySource, openFile, type ByteSource } from './file-source.js';
import { NPY_DTYPES } from './npy-dtype.js';
import type { NpyArray } from './npy-header.js';

/** A compressed file is held in memory whole; MNIST's largest has 47 MB. */
const MAX_INFLATED_BYTES = 2 ** 30;
const UNSIGNED_BYTE = 0x08;

/**
 * Opens a file of IDX, the format of MNIST (http://yann.lecun.com/exdb/mnist): two zero bytes, the type 0x08 (unsigned
 * byte), the number of axes, each axis's length as a big-endian 32-bit number, then the bytes. A gzip file is inflated
 * into memory; a plain one is read by position. Closing the array's source closes the file.
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

function readHeader(source: ByteSource): { shape: readonly number[]; dataStart: number } {
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
  const dataStart = 4 + lengths.length;
  const expected = shape.reduce((product, size) => product * size, 1);
  if (dataStart + expected !== source.sizeBytes) {
    const what = `${expected} bytes of data for shape [${shape.join(', ')}]`;
    throw bad(source, dataStart, what, `${source.sizeBytes - dataStart}`);
  }
  return { shape, dataStart };
}

function isGzip(file: ByteSource): boolean {
  if (file.sizeBytes < 2) return false;
  const start = new Uint8Array(2);
  file.read(0, start);
  return start[0] === 0x1f && start[1] === 0x8b;
}

function inflate(file: ByteSource): ByteSource {
  const bytes = new Uint8Array(file.sizeBytes);
  file.read(0, bytes);
  try {
    return memorySource(file.path, gunzipSync(bytes, { maxOutputLength: MAX_INFLATED_BYTES }));
  } catch (cause) {
    throw new DatasetError(
      {
        expected: `a sound gzip file of at most ${MAX_INFLATED_BYTES} inflated bytes`,
        got: cause instanceof Error ? cause.message : String(cause),
        where: file.path,
        advice: 'Unpack it with gunzip to see whether it is whole; a plain file is read piece by piece.',
      },
      { cause },
    );
  }
}

function bad(source: ByteSource, byte: number, expected: string, got: string): DatasetError {
  const advice = 'The file is cut short or not an IDX file of bytes.';
  return new DatasetError({ expected, got, where: `${source.path}, byte ${byte}`, advice });
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}
