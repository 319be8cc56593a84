import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { exactMcNemar } from '../../src/statistics/mcnemar.js';

/** The same by whole numbers: 2 * sum C(n, k) over 2^n, to 17 digits. */
function byWholeNumbers(onlyA: number, onlyB: number): number {
  const trials = onlyA + onlyB;
  let coefficient = 1n;
  let tail = 0n;
  for (let count = 0; count <= Math.min(onlyA, onlyB); count += 1) {
    tail += coefficient;
    coefficient = (coefficient * BigInt(trials - count)) / BigInt(count + 1);
  }
  const all = 1n << BigInt(trials);
  if (2n * tail >= all) return 1;
  // A power of ten leaves at least 17 digits in the quotient.
  const zeros = all.toString().length - tail.toString().length + 18;
  return Number(`${(2n * tail * 10n ** BigInt(zeros)) / all}e-${zeros}`);
}

describe('the exact McNemar test', () => {
  it.each([
    [0, 0, 1],
    [1, 0, 1],
    [0, 5, 2 / 32],
    [1, 5, (2 * 7) / 64],
    [2, 8, (2 * (1 + 10 + 45)) / 1024],
    [5, 5, 1],
    [5, 6, 1],
  ])('of %i against %i gives %f', (onlyA, onlyB, expected) => {
    expect(exactMcNemar(onlyA, onlyB)).toBeCloseTo(expected, 14);
  });

  it('agrees with whole-number arithmetic, and with itself when the trials change places', () => {
    fc.assert(
      fc.property(fc.nat(400), fc.nat(400), (onlyA, onlyB) => {
        const expected = byWholeNumbers(onlyA, onlyB);
        expect(Math.abs(exactMcNemar(onlyA, onlyB) / expected - 1)).toBeLessThan(1e-12);
        expect(exactMcNemar(onlyB, onlyA)).toBe(exactMcNemar(onlyA, onlyB));
      }),
      { numRuns: 60 },
    );
  });

  it.each([
    [1000, 1100],
    [1900, 2100],
    [4700, 5300],
    [300, 1200],
  ])('is exact to 10 digits for %i against %i', (onlyA, onlyB) => {
    expect(Math.abs(exactMcNemar(onlyA, onlyB) / byWholeNumbers(onlyA, onlyB) - 1)).toBeLessThan(1e-10);
  });

  it('of large counts is near the normal approximation with continuity correction', () => {
    // (|100000 - 99123| - 1) / sqrt(199123) = 1.96312; two-sided normal tail 0.04963.
    expect(exactMcNemar(100_000, 99_123)).toBeCloseTo(0.04963, 4);
    expect(exactMcNemar(100_000, 0)).toBe(0);
    expect(exactMcNemar(100_000, 100_000)).toBe(1);
  });

  it('takes counts only', () => {
    expect(() => exactMcNemar(-1, 2)).toThrow(RangeError);
    expect(() => exactMcNemar(1.5, 2)).toThrow('Expected two counts of 0 or above, got 1.5 and 2');
  });
});
