import { binomialUpperTail } from './binomial-tail.js';
import { medianOf } from './median.js';
import { percentileOfSorted } from './percentile.js';

/** Confidence of intervals, as everywhere in results. */
const CONFIDENCE = 0.95;

/** A median with what is known of it. */
export interface MedianInterval {
  readonly median: number;
  /** Ends of the interval; those of the values where they are too few for one. */
  readonly low: number;
  readonly high: number;
  /** Interquartile range of the values. */
  readonly spread: number;
}

/**
 * The median of independent values with its distribution-free interval: the order statistics x(k)
 * and x(n + 1 - k), k the largest with P(X <= k - 1) <= (1 - confidence) / 2, X ~ Binomial(n, 1/2)
 * (David and Nagaraja, Order Statistics, 3rd ed., 7.1). It holds the median of the distribution
 * with at least the confidence, whatever the distribution is; outliers stay in. Fewer than 6 values
 * have no such interval at 95 %: all of them are then inside.
 *
 * @param values at least one, in any order
 */
export function medianInterval(values: readonly number[], confidence = CONFIDENCE): MedianInterval {
  const sorted = Float64Array.from(values).sort();
  const rank = Math.max(1, intervalRank(sorted.length, confidence));
  return {
    median: medianOf([...sorted]),
    low: sorted[rank - 1]!,
    high: sorted[sorted.length - rank]!,
    spread: percentileOfSorted(sorted, 75) - percentileOfSorted(sorted, 25),
  };
}

/**
 * The rank k, from 1, of the lower end of the interval of a median among `count` values; 0 where
 * even the smallest value does not reach the confidence.
 */
export function intervalRank(count: number, confidence = CONFIDENCE): number {
  let rank = 0;
  // P(X <= k - 1) is P(X >= n - k + 1), as the distribution is symmetric.
  while (2 * (rank + 1) <= count && binomialUpperTail(count - rank, count, 0.5) <= (1 - confidence) / 2) rank += 1;
  return rank;
}
