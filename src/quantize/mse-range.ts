import { FLOAT64_ROUNDING } from '../graph/graph-patch.js';
import type { Quantizer } from './quantizer.js';

/** Shares of the whole range that are tried first, and how finely the neighbourhood of the best is tried then. */
const LOWEST_SHARE = 0.05;
const COARSE_STEP = 0.025;
const FINE_STEP = 0.005;

/**
 * The quantizer whose range has the smallest squared error `sum (dq(q(w)) - w)^2` of the values: shares of the whole
 * range from 1 down to 0.05 in steps of 0.025, then around the best in steps of 0.005. Of equal ones the wider range.
 *
 * @param whole the quantizer whose range holds every value
 * @param atShare the quantizer of a share of that range
 */
export function mseRange(values: Float32Array, whole: Quantizer, atShare: (share: number) => Quantizer): Quantizer {
  let best = whole;
  let bestShare = 1;
  let least = squaredError(values, whole, Infinity);
  const consider = (share: number): void => {
    const quantizer = atShare(share);
    const error = squaredError(values, quantizer, least);
    if (error < least || (error === least && share > bestShare)) [best, bestShare, least] = [quantizer, share, error];
  };
  const coarse = Math.round((1 - LOWEST_SHARE) / COARSE_STEP);
  for (let i = 1; i <= coarse; i++) consider(1 - i * COARSE_STEP);
  const center = bestShare;
  const fine = Math.round(COARSE_STEP / FINE_STEP);
  for (let i = fine - 1; i >= 1 - fine; i--) {
    const share = center + i * FINE_STEP;
    if (i !== 0 && share < 1) consider(share);
  }
  return best;
}

/** Values between two looks at whether a sum can still be the smallest; a multiple of 4. */
const BLOCK = 64;

/**
 * In float64; the rounding differs from the deployed float32 one in ties alone. Four sums at once, so that one addition
 * need not wait for another: this loop is all that the search costs.
 *
 * @param limit once the sum is above it, it may be returned unfinished: terms are never negative
 */
function squaredError(values: Float32Array, { scale, zeroPoint, qmin, qmax }: Quantizer, limit: number): number {
  const low = qmin - zeroPoint;
  const high = qmax - zeroPoint;
  const perStep = 1 / scale;
  // Written out: a call into another module at every value takes twice the time.
  const rounding = FLOAT64_ROUNDING;
  const squareAt = (i: number): number => {
    const value = values[i]!;
    const level = value * perStep + rounding - rounding;
    const error = Math.min(Math.max(level, low), high) * scale - value;
    return error * error;
  };
  const { length } = values;
  let sum = 0;
  for (let start = 0; start < length && sum <= limit; start += BLOCK) {
    const end = Math.min(start + BLOCK, length);
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    let i = start;
    for (; i + 3 < end; i += 4) {
      a += squareAt(i);
      b += squareAt(i + 1);
      c += squareAt(i + 2);
      d += squareAt(i + 3);
    }
    for (; i < end; i++) a += squareAt(i);
    sum += a + b + (c + d);
  }
  return sum;
}
