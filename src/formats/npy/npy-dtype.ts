import { widenFloat16 } from '../../onnx/types/float16.js';

/** A number format of `.npy` that can be read. Numbers lie little endian, `itemBytes` each. */
export interface NpyDtype {
  /** NumPy's short name, e.g. `f2`. */
  readonly name: string;
  readonly itemBytes: 1 | 2 | 4 | 8;
  readonly isInteger: boolean;
  /** Converts all of `into` from `bytes`, which start on a multiple of 8 in their buffer. */
  decode(bytes: Uint8Array, into: Float32Array | Float64Array): void;
}

/**
 * The readable formats, by name. `b1` is 0 or 1; `i8` goes through float64, so it is rounded beyond
 * 2^53.
 */
export const NPY_DTYPES: ReadonlyMap<string, NpyDtype> = new Map(
  [
    floating('f2', 2, (bytes, into) => {
      if (into instanceof Float32Array)
        widenFloat16(new Uint16Array(bytes.buffer, bytes.byteOffset, into.length), into);
      else into.set(widened(bytes, into.length));
    }),
    floating('f4', 4, (bytes, into) => {
      into.set(new Float32Array(bytes.buffer, bytes.byteOffset, into.length));
    }),
    floating('f8', 8, (bytes, into) => {
      into.set(new Float64Array(bytes.buffer, bytes.byteOffset, into.length));
    }),
    integer('u1', 1, (bytes, into) => {
      into.set(bytes.subarray(0, into.length));
    }),
    integer('i1', 1, (bytes, into) => {
      into.set(new Int8Array(bytes.buffer, bytes.byteOffset, into.length));
    }),
    integer('u2', 2, (bytes, into) => {
      into.set(new Uint16Array(bytes.buffer, bytes.byteOffset, into.length));
    }),
    integer('i2', 2, (bytes, into) => {
      into.set(new Int16Array(bytes.buffer, bytes.byteOffset, into.length));
    }),
    integer('i4', 4, (bytes, into) => {
      into.set(new Int32Array(bytes.buffer, bytes.byteOffset, into.length));
    }),
    integer('i8', 8, decodeInt64),
    integer('b1', 1, (bytes, into) => {
      for (let index = 0; index < into.length; index += 1) into[index] = bytes[index] === 0 ? 0 : 1;
    }),
  ].map((dtype) => [dtype.name, dtype]),
);

function floating(name: string, itemBytes: NpyDtype['itemBytes'], decode: NpyDtype['decode']): NpyDtype {
  return { name, itemBytes, isInteger: false, decode };
}

function integer(name: string, itemBytes: NpyDtype['itemBytes'], decode: NpyDtype['decode']): NpyDtype {
  return { name, itemBytes, isInteger: name !== 'b1', decode };
}

function widened(bytes: Uint8Array, count: number): Float32Array {
  const wide = new Float32Array(count);
  widenFloat16(new Uint16Array(bytes.buffer, bytes.byteOffset, count), wide);
  return wide;
}

function decodeInt64(bytes: Uint8Array, into: Float32Array | Float64Array): void {
  const low = new Uint32Array(bytes.buffer, bytes.byteOffset, 2 * into.length);
  const high = new Int32Array(bytes.buffer, bytes.byteOffset, 2 * into.length);
  for (let index = 0; index < into.length; index += 1) {
    into[index] = high[2 * index + 1]! * 4294967296 + low[2 * index]!;
  }
}
