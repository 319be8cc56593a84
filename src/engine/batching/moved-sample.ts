import { createPrng } from '../../statistics/prng.js';

/** A sample like none in the data: its numbers, each moved by up to half the largest. */
export function movedSample(sample: Float32Array): Float32Array {
  const prng = createPrng(1);
  const largest = sample.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;
  return sample.map((value) => value + (largest * (prng.nextBelow(2001) - 1000)) / 2000);
}
