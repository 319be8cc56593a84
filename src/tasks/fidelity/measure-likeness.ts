import { NonFiniteError } from '../../records/non-finite-error.js';
import type { LikenessColumn } from './fidelity-state.js';

type Measured = Record<Exclude<LikenessColumn, 'places' | 'argmaxMatches' | 'topKShares'>, number>;

/** Of weights of a fingerprint: multiples of it modulo 1 are spread evenly. */
const GOLDEN = 0.6180339887498949;

/**
 * Compares an output y of one sample with FP32's r, number by number, in float64. An output of
 * another length than FP32's counts as one that is all 0.
 *
 * @param what the output, for messages
 * @throws NonFiniteError when either holds NaN or an infinity
 */
export function measureLikeness(output: Float32Array, reference: Float32Array, what: string): Measured {
  const isComparable = output.length === reference.length;
  let [product, own, other] = [0, 0, 0];
  let [noise, absoluteSignal, absoluteNoise, largestError, fingerprint, equal] = [0, 0, 0, 0, 0, 0];
  let [lowest, highest, whole] = [Infinity, -Infinity, 1];
  for (let place = 0; place < reference.length; place += 1) {
    const r = reference[place]!;
    const y = isComparable ? output[place]! : 0;
    product += y * r;
    own += y * y;
    other += r * r;
    const error = Math.abs(y - r);
    noise += error * error;
    absoluteNoise += error;
    absoluteSignal += Math.abs(r);
    if (error > largestError) largestError = error;
    if (error === 0) equal += 1;
    if (r < lowest) lowest = r;
    if (r > highest) highest = r;
    if (whole === 1 && !Number.isInteger(r)) whole = 0;
    const spread = (place + 1) * GOLDEN;
    fingerprint += r * (spread - Math.floor(spread) - 0.5);
  }
  // Squares of finite float32 numbers, and the product of their sums, stay far within float64; NaN
  // survives the sums.
  const isFinite = isComparable ? Number.isFinite(own) : output.every(Number.isFinite);
  if (!isFinite) throw new NonFiniteError(`output${what}`);
  if (!Number.isFinite(other)) throw new NonFiniteError(`FP32 output${what}`);
  return {
    cosine:
      own === 0 || other === 0 ? Number(own === other) : Math.min(1, Math.max(0, product / Math.sqrt(own * other))),
    ...{ signal: other, noise, absoluteSignal, absoluteNoise, largestError, fingerprint, equal, whole },
    // An output without numbers has no range.
    ...(reference.length === 0 ? { lowest: 0, highest: 0 } : { lowest, highest }),
    size: reference.length,
  };
}
