import { constants, deflateSync, inflateSync } from 'node:zlib';

/** Bytes that are inflated at most, whatever damaged ones ask for. */
const LARGEST = 2 ** 31;

const BYTES = 8;

/**
 * Float64 numbers as fewer bytes, without loss: all their first bytes, then all their second ones,
 * and so on, deflated. Signs and exponents of neighbours are much alike, and sums of few float32
 * products end in zeros. Only runs of one byte are looked for: longer matches take twice as long
 * and save nothing.
 */
export function packNumbers(numbers: Float64Array): Uint8Array {
  const { length } = numbers;
  const bytes = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
  const planes = new Uint8Array(bytes.length);
  for (let plane = 0; plane < BYTES; plane++) {
    for (let index = 0, at = plane; index < length; index++, at += BYTES) planes[plane * length + index] = bytes[at]!;
  }
  return deflateSync(planes, { strategy: constants.Z_RLE });
}

/** What {@link packNumbers} was given. @throws Error where the bytes are damaged */
export function unpackNumbers(packed: Uint8Array): Float64Array {
  const planes = inflateSync(packed, { maxOutputLength: LARGEST });
  const length = planes.length / BYTES;
  if (!Number.isInteger(length)) throw new Error(`expected a multiple of ${BYTES} bytes, got ${planes.length}`);
  const numbers = new Float64Array(length);
  const bytes = new Uint8Array(numbers.buffer);
  for (let plane = 0; plane < BYTES; plane++) {
    for (let index = 0, at = plane; index < length; index++, at += BYTES) bytes[at] = planes[plane * length + index]!;
  }
  return numbers;
}
