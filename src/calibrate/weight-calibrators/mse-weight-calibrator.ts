import { FLOAT64_ROUNDING } from '../../onnx/edits/graph-patch.js';
import type { QuantizerLevels, WeightCalibrator } from './weight-calibrator.js';

/** Of the smallest squared error. */
export const mseWeightCalibrator: WeightCalibrator = {
  description: 'the range with the smallest squared error',
  reads: 'weights',
  shrink: mseRange,
};

/**
 * Shares of the whole range that are tried: the error of few values has many minima side by side,
 * that of many is smooth, and takes long.
 */
const MOST_SHARES = 2000;
const LEAST_SHARES = 100;
/**
 * Errors of values that are computed for the grid, where it has between the least and the most
 * shares.
 */
const GRID_VALUES = 400_000;
/** The best of the grid, each of which is followed down to its minimum. */
const STARTS = 5;
/** Steps down, at most; three are usual. */
const MOST_STEPS = 12;

/** A quantizer that was tried. */
interface Tried<Levels> {
  readonly quantizer: Levels;
  readonly share: number;
  readonly error: number;
}

/**
 * The quantizer whose range has the smallest squared error `sum (dq(q(w)) - w)^2` of the values,
 * among shares of the whole range. Equal steps from 1 down are tried, 2,000 of few values and 100
 * of many; from the best five it goes down to the minimum beside them: for the integers that a
 * scale gives, the best scale is `sum q w / sum q^2`, and so on until nothing changes (Lloyd 1982).
 * Of equal ones the wider range.
 *
 * @param whole the quantizer whose range holds every value
 * @param atShare the quantizer of a share of that range
 */
export function mseRange<Levels extends QuantizerLevels>(
  values: Float32Array,
  whole: Levels,
  atShare: (share: number) => Levels,
): Levels {
  const best: Tried<Levels>[] = [];
  const consider = (quantizer: Levels, share: number): void => {
    const limit = best.length < STARTS ? Infinity : best[STARTS - 1]!.error;
    const tried = { quantizer, share, error: squaredError(values, quantizer, limit) };
    if (tried.error > limit) return;
    best.push(tried);
    best.sort((a, b) => a.error - b.error || b.share - a.share);
    best.length = Math.min(best.length, STARTS);
  };
  consider(whole, 1);
  const shares = Math.min(MOST_SHARES, Math.max(LEAST_SHARES, Math.round(GRID_VALUES / values.length)));
  for (let i = 1; i < shares; i++) consider(atShare(1 - i / shares), 1 - i / shares);
  const minima = best.map((start) => descend(values, start, whole.scale, atShare));
  return minima.reduce((a, b) => (b.error < a.error || (b.error === a.error && b.share > a.share) ? b : a)).quantizer;
}

/** The share at which the error beside `start` is least. */
function descend<Levels extends QuantizerLevels>(
  values: Float32Array,
  start: Tried<Levels>,
  wholeScale: number,
  atShare: (share: number) => Levels,
): Tried<Levels> {
  let at = start;
  for (let step = 0; step < MOST_STEPS; step++) {
    const share = Math.min(1, fittingScale(values, at.quantizer) / wholeScale);
    if (!(share > 0)) return at;
    const quantizer = atShare(share);
    const error = squaredError(values, quantizer, at.error);
    if (!(error < at.error)) return at;
    at = { quantizer, share, error };
  }
  return at;
}

/**
 * The scale that fits best the integers that the quantizer makes of the values; NaN where all are
 * 0.
 */
function fittingScale(values: Float32Array, { scale, zeroPoint, qmin, qmax }: QuantizerLevels): number {
  const [low, high] = [qmin - zeroPoint, qmax - zeroPoint];
  let product = 0;
  let square = 0;
  for (const value of values) {
    const level = Math.min(Math.max(value / scale + FLOAT64_ROUNDING - FLOAT64_ROUNDING, low), high);
    product += level * value;
    square += level * level;
  }
  return product / square;
}

/** Values between two looks at whether a sum can still be the smallest; a multiple of 4. */
const BLOCK = 64;

/**
 * In float64; the rounding differs from the deployed float32 one in ties alone. Four sums at once,
 * so that one addition need not wait for another: this loop is all that the search costs.
 *
 * @param limit once the sum is above it, it may be returned unfinished: terms are never negative
 */
function squaredError(values: Float32Array, { scale, zeroPoint, qmin, qmax }: QuantizerLevels, limit: number): number {
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
