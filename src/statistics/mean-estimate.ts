import { createBettingTest, type Draw } from './betting-test.js';

/** The mean of a whole set by the first samples of a random order of it. */
export interface MeanEstimate {
  /** Unbiased; where little was seen, it may lie outside the bounds of values, or of the interval. */
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
}

/** The set, and with what confidence the interval is to hold the mean. */
export interface EstimatedSet {
  /** Samples of the whole set. */
  readonly samples: number;
  /** No value lies below this, */
  readonly lowest: number;
  /** and none above this. */
  readonly highest: number;
  readonly confidence: number;
}

/** Halvings of the bounds' distance: ends are exact to a millionth of it, rounded outwards. */
const HALVINGS = 20;

/**
 * Estimates the mean of all values by those seen first.
 *
 * - `estimate` is the mean of what each draw by itself says of the sum (Des Raj 1956, J. Am. Stat.
 *   Assoc. 51): e_t = (x_1 + ... + x_{t-1} + x_t / q_t) / N, weighed with 1 / ((N - t) (N - t + 1)), t
 *   from 1. Each is unbiased, whatever the weights of the order; in a uniform order the estimate is
 *   the mean of the values seen.
 * - the interval holds all means that neither of two betting tests rejects, each with half of the
 *   error. It holds at all numbers of samples together, so that one may look and go on.
 *
 * @param values in the order in which they were drawn; none gives the bounds and their middle
 * @param drawAt how the sample at this place was drawn; a uniform order unless given
 */
export function estimateMean(
  set: EstimatedSet,
  values: ArrayLike<number>,
  drawAt?: (place: number) => Draw,
): MeanEstimate {
  return {
    estimate: values.length === 0 ? (set.lowest + set.highest) / 2 : rajEstimate(set.samples, values, drawAt),
    low: end(set, values, drawAt, 'above'),
    high: end(set, values, drawAt, 'below'),
  };
}

function rajEstimate(samples: number, values: ArrayLike<number>, drawAt?: (place: number) => Draw): number {
  let [sum, weighed, weights] = [0, 0, 0];
  for (let place = 0; place < values.length; place += 1) {
    const left = samples - place;
    const estimate = sum + values[place]! / (drawAt?.(place).probability ?? 1 / left);
    // The last sample of all makes the sum exact.
    if (left === 1) return estimate / samples;
    const weight = 1 / (left * (left - 1));
    weighed += weight * estimate;
    weights += weight;
    sum += values[place]!;
  }
  return weighed / weights / samples;
}

/** The means between this and the bound on its side are rejected. */
function end(
  { samples, lowest, highest, confidence }: EstimatedSet,
  values: ArrayLike<number>,
  drawAt: ((place: number) => Draw) | undefined,
  alternative: 'below' | 'above',
): number {
  const alpha = (1 - confidence) / 2;
  const isRejected = (mean: number): boolean => {
    const test = createBettingTest({ samples, lowest, highest, mean, alternative });
    for (let place = 0; place < values.length && !test.rejects(alpha); place += 1) {
      test.add(values[place]!, drawAt?.(place));
    }
    return test.rejects(alpha);
  };
  let [kept, rejected] = alternative === 'below' ? [lowest, highest] : [highest, lowest];
  if (!isRejected(rejected)) return rejected;
  for (let halving = 0; halving < HALVINGS; halving += 1) {
    const middle = (kept + rejected) / 2;
    if (isRejected(middle)) rejected = middle;
    else kept = middle;
  }
  return rejected;
}
