import { describe, expect, it } from 'vitest';
import { intervalRank, medianInterval } from '../../src/statistics/median-interval.js';

describe('intervalRank', () => {
  // P(X <= k - 1) of Binomial(n, 1/2) is at most 0.025 at the rank and more at the next.
  it.each([
    // 1/32 = 0.031
    [5, 0],
    // 1/64 = 0.016, 7/64 = 0.109
    [6, 1],
    // 11/1024 = 0.011, 56/1024 = 0.055
    [10, 2],
    // 21700/1048576 = 0.0207, 60460/1048576 = 0.058
    [20, 6],
    // 0.0192, 0.0403; the ranks of David and Nagaraja, table of 95 % intervals
    [40, 14],
  ])('of %i values is %i', (count, rank) => {
    expect(intervalRank(count)).toBe(rank);
  });

  it('never passes the middle', () => {
    for (let count = 1; count <= 200; count += 1) {
      expect(2 * intervalRank(count, 0)).toBeLessThanOrEqual(count);
    }
  });

  it('covers the median as often as it says, by exhaustion of all signs', () => {
    // Of 10 values each is below the median or not: the interval misses it where fewer than the
    // rank are on one side.
    const count = 10;
    const rank = intervalRank(count);
    let missed = 0;
    for (let signs = 0; signs < 2 ** count; signs += 1) {
      const below = [...signs.toString(2)].filter((bit) => bit === '1').length;
      if (below < rank || count - below < rank) missed += 1;
    }
    expect(missed).toBe(22);
    expect(1 - missed / 2 ** count).toBeGreaterThanOrEqual(0.95);
  });
});

describe('medianInterval', () => {
  it('takes order statistics, and leaves outliers in', () => {
    // Ranks 2 and 9 of 10; quartiles at 2.25 and 6.75 of 0..9.
    expect(medianInterval([10, 2, 3, 4, 5, 6, 7, 8, 900, 1])).toEqual({ median: 5.5, low: 2, high: 10, spread: 4.5 });
  });

  it('holds all of fewer than six values', () => {
    expect(medianInterval([3, 1, 2])).toEqual({ median: 2, low: 1, high: 3, spread: 1 });
    expect(medianInterval([7])).toEqual({ median: 7, low: 7, high: 7, spread: 0 });
  });
});
