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
  let least = squaredError(values, whole);
  const consider = (share: number): void => {
    const quantizer = atShare(share);
    const error = squaredError(values, quantizer);
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

/** In float64; the rounding differs from the deployed float32 one in ties alone. */
function squaredError(values: Float32Array, { scale, zeroPoint, qmin, qmax }: Quantizer): number {
  const low = qmin - zeroPoint;
  const high = qmax - zeroPoint;
  const perStep = 1 / scale;
  let sum = 0;
  for (const value of values) {
    let level = Math.round(value * perStep);
    if (level < low) level = low;
    else if (level > high) level = high;
    const error = level * scale - value;
    sum += error * error;
  }
  return sum;
}
