import type { Dataset } from './dataset.js';

/**
 * Checks the arguments of {@link Dataset.read}; these are the caller's to get right, not the
 * data's.
 *
 * @throws RangeError unless `first .. first + count - 1` are samples of the set and `into` holds
 *   them.
 */
export function checkSampleRange(dataset: Dataset, first: number, count: number, into: Float32Array): void {
  const { sampleShape } = dataset;
  checkSamples(dataset, first, count);
  const needed = sampleShape.reduce((product, size) => product * size, count);
  if (into.length < needed) throw new RangeError(`Expected room for ${needed} numbers, got ${into.length}`);
}

/** The same of {@link Dataset.origins}. @throws RangeError */
export function checkSamples({ sampleCount }: Dataset, first: number, count: number): void {
  const sound = Number.isInteger(first) && Number.isInteger(count) && first >= 0 && count >= 0;
  if (sound && first + count <= sampleCount) return;
  throw new RangeError(`Expected samples within 0..${sampleCount - 1}, got ${count} from ${first} on`);
}

/**
 * Returns the place in `values[from .. to - 1]` of the first NaN or infinity, or -1. Written for
 * the case that there is none: x - x is 0 for a finite x and NaN for all others, and NaN survives
 * the sum.
 */
export function findNonFinite(values: Float32Array, from: number, to: number): number {
  // Four sums: one addition need not wait for the one before.
  let [a, b, c, d] = [0, 0, 0, 0];
  let place = from;
  for (; place + 3 < to; place += 4) {
    a += values[place]! - values[place]!;
    b += values[place + 1]! - values[place + 1]!;
    c += values[place + 2]! - values[place + 2]!;
    d += values[place + 3]! - values[place + 3]!;
  }
  for (; place < to; place += 1) a += values[place]! - values[place]!;
  if (a + b + c + d === 0) return -1;
  for (place = from; place < to; place += 1) if (!Number.isFinite(values[place])) return place;
  return -1;
}
