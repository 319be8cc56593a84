/**
 * Widens bfloat16 numbers, given by their bits, to float32: the upper half of one (NaN stays NaN).
 */
export function widenBfloat16(bits: Uint16Array, into: Float32Array): void {
  const wide = new Uint32Array(into.buffer, into.byteOffset, into.length);
  for (let index = 0; index < bits.length; index += 1) wide[index] = bits[index]! << 16;
}

/**
 * The bits of the nearest bfloat16 of each float32, ties to the even one, as IEEE 754 rounds: what
 * is beyond the largest becomes an infinity. NaN becomes the quiet NaN 0x7fc0.
 */
export function narrowToBfloat16(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  return Uint16Array.from(values, (value, index) => {
    if (Number.isNaN(value)) return 0x7fc0;
    const own = bits[index]!;
    return (own + 0x7fff + ((own >>> 16) & 1)) >>> 16;
  });
}
