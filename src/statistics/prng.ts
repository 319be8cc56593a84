/**
 * A seeded generator of uniform integers; the same seed gives the same numbers everywhere. Not for
 * cryptography.
 */
export interface Prng {
  /** Uniform in 0 .. 2^32 - 1. */
  nextUint32(): number;
  /** Uniform in 0 .. bound - 1, without bias; `bound` in 1 .. 2^32. */
  nextBelow(bound: number): number;
}

/**
 * Returns the generator of `(seed, stream)`, 32-bit integers: xoshiro128** 1.1 (Blackman and Vigna,
 * https://prng.di.unimi.it), its state filled by splitmix32. Different streams of a seed are
 * unrelated.
 */
export function createPrng(seed: number, stream = 0): Prng {
  const fill = splitmix32(splitmix32(seed | 0)() ^ Math.imul(stream | 0, 0x9e3779b1));
  // All four words 0 is the one state that does not move; splitmix32 gives 0 for one of its inputs
  // only.
  let [a, b, c, d] = [fill(), fill(), fill(), fill()];

  function nextUint32(): number {
    const result = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9);
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotateLeft(d, 11);
    return result >>> 0;
  }

  function nextBelow(bound: number): number {
    // Numbers from the largest multiple of the bound on would favour small results.
    const limit = 4294967296 - (4294967296 % bound);
    let number = nextUint32();
    while (number >= limit) number = nextUint32();
    return number % bound;
  }

  return { nextUint32, nextBelow };
}

/**
 * A Weyl sequence through the 32-bit finalizer of MurmurHash3: a bijection, so different states
 * give different numbers.
 */
function splitmix32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return (mixed ^ (mixed >>> 16)) | 0;
  };
}

function rotateLeft(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}
