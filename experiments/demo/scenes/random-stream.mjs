/**
 * A seeded stream of random numbers built from integer operations and exactly rounded arithmetic
 * only, so every engine draws the same numbers. Not for cryptography.
 *
 * @typedef {object} RandomStream
 * @property {() => number} uniform in [0, 1), a multiple of 2^-32
 * @property {(low: number, high: number) => number} between uniform in [low, high)
 * @property {(low: number, high: number) => number} integer uniform in low..high, both included
 * @property {() => number} bell around 0 with deviation 1, within +-3.5: the scaled sum of four
 *   uniforms (no log, no cos)
 * @property {(probability: number) => boolean} chance true with that probability
 */

/** Deviation of the sum of four uniforms is sqrt(4 / 12). */
const BELL_SCALE = Math.sqrt(3);

/**
 * The 32-bit finalizer of MurmurHash3: every input bit reaches every output bit.
 *
 * @param {number} value
 */
function mix32(value) {
  let hash = value | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) | 0;
}

/**
 * Returns the stream of `(seed, index)`: sfc32 (Chris Doty-Humphrey's small fast counter generator,
 * PractRand), its state filled by hashing both numbers. Streams of different indices are unrelated.
 *
 * @param {number} seed
 * @param {number} index
 * @returns {RandomStream}
 */
export function createRandomStream(seed, index) {
  let a = mix32(seed ^ 0x243f6a88);
  let b = mix32(index ^ 0x13198a2e);
  let c = mix32((a + Math.imul(b, 0x9e3779b1)) | 0);
  let counter = 1;

  function next() {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }
  for (let round = 0; round < 12; round += 1) next();

  const uniform = () => next() / 4294967296;
  return {
    uniform,
    between: (low, high) => low + (high - low) * uniform(),
    integer: (low, high) => low + Math.floor((high - low + 1) * uniform()),
    bell: () => (uniform() + uniform() + uniform() + uniform() - 2) * BELL_SCALE,
    chance: (probability) => uniform() < probability,
  };
}
