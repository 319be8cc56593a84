/** Repeatable numbers in [-1, 1) (a 32-bit linear congruential generator). */
export function pseudoRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

/**
 * Repeatable float32 numbers, each channel with a range of its own so that smoothing has something
 * to do.
 */
export function randomFloats(seed: number, count: number, scaleAt: (index: number) => number = () => 1): Float32Array {
  const next = pseudoRandom(seed);
  return Float32Array.from({ length: count }, (_, i) => next() * scaleAt(i));
}
