/** The float32 bits of every float16, filled on first use: 256 KiB. */
let table: Float32Array | null = null;

/**
 * Widens float16 numbers, given by their bits, to float32, which holds each exactly (IEEE 754
 * binary16; NaN stays NaN).
 */
export function widenFloat16(bits: Uint16Array, into: Float32Array): void {
  table ??= tabulateFloat16();
  for (let index = 0; index < bits.length; index += 1) into[index] = table[bits[index]!]!;
}

function tabulateFloat16(): Float32Array {
  return Float32Array.from({ length: 65536 }, (_, bits) => {
    const sign = bits < 0x8000 ? 1 : -1;
    const exponent = (bits >> 10) & 0x1f;
    const fraction = bits & 0x3ff;
    if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
    // Subnormal numbers are multiples of 2^-24; normal ones have a hidden leading bit.
    if (exponent === 0) return sign * fraction * 2 ** -24;
    return sign * (1024 + fraction) * 2 ** (exponent - 25);
  });
}

/**
 * The bits of the nearest float16 of each number, ties to the even one, as IEEE 754 rounds: what is
 * 65520 or more in magnitude becomes an infinity, what is 2^-25 or less becomes 0. NaN becomes the
 * quiet NaN 0x7e00.
 */
export function narrowToFloat16(values: Float32Array): Uint16Array {
  return Uint16Array.from(values, bitsOfFloat16);
}

function bitsOfFloat16(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  if (magnitude >= 65520) return sign | 0x7c00;
  if (magnitude < 2 ** -14) return sign | roundHalfToEven(magnitude * 2 ** 24);
  // The float32's own exponent: log2 could round up to the next one.
  const exponent = exponentOf(magnitude);
  const fraction = roundHalfToEven(magnitude * 2 ** (10 - exponent)) - 1024;
  // A fraction of 1024 carries into the exponent, as the bits do.
  return sign | (((exponent + 15) << 10) + fraction);
}

const float = new Float32Array(1);
const integer = new Uint32Array(float.buffer);

/** Of a normal float32. */
function exponentOf(magnitude: number): number {
  float[0] = magnitude;
  return (integer[0]! >>> 23) - 127;
}

function roundHalfToEven(value: number): number {
  const low = Math.floor(value);
  const rest = value - low;
  return rest > 0.5 || (rest === 0.5 && low % 2 === 1) ? low + 1 : low;
}
