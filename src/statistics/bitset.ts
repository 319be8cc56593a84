/**
 * Sets of sample indices as bytes: bit i is bit i % 8 (low first) of byte floor(i / 8); bits past
 * the count are 0.
 */

/** Returns a set for indices `0 .. count - 1`, empty: `ceil(count / 8)` bytes. */
export function createBitset(count: number): Uint8Array {
  return new Uint8Array(Math.ceil(count / 8));
}

/** Adds `index`. */
export function setBit(bitset: Uint8Array, index: number): void {
  bitset[index >>> 3]! |= 1 << (index & 7);
}

/** Returns whether `index` is in the set. */
export function hasBit(bitset: Uint8Array, index: number): boolean {
  return ((bitset[index >>> 3]! >>> (index & 7)) & 1) === 1;
}

/** Returns how many indices are in the set. */
export function countBits(bitset: Uint8Array): number {
  let count = 0;
  for (const byte of bitset) count += countByte(byte);
  return count;
}

/**
 * Returns how many indices are in `a` alone and in `b` alone: the discordant pairs of McNemar's
 * test.
 *
 * @throws RangeError when the sets differ in size.
 */
export function countDiscordant(a: Uint8Array, b: Uint8Array): { onlyA: number; onlyB: number } {
  if (a.length !== b.length)
    throw new RangeError(`Expected bitsets of one size, got ${a.length} and ${b.length} bytes`);
  let onlyA = 0;
  let onlyB = 0;
  for (let index = 0; index < a.length; index += 1) {
    onlyA += countByte(a[index]! & ~b[index]!);
    onlyB += countByte(b[index]! & ~a[index]!);
  }
  return { onlyA, onlyB };
}

/** Bits of a byte: pairs, then nibbles, then the byte are summed side by side. */
function countByte(byte: number): number {
  const pairs = byte - ((byte >>> 1) & 0x55);
  const nibbles = (pairs & 0x33) + ((pairs >>> 2) & 0x33);
  return (nibbles + (nibbles >>> 4)) & 0x0f;
}
