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
