import { describe, expect, it } from 'vitest';

import { createBitset, setBit } from '../../src/statistics/bitset.js';
import { pairedEffect, type PairedOutcomes } from '../../src/statistics/paired-effect.js';
import { createPrng } from '../../src/statistics/prng.js';

function bits(count: number, right: readonly number[]): Uint8Array {
  const set = createBitset(count);
  for (const index of right) setBit(set, index);
  return set;
}

describe('3: the effect over pairs that share their samples', () => {
  it('is the mean difference, with the interval of a mean over samples', () => {
    // Sample by sample, other - one: pair 1: +1 on 0, -1 on 1; pair 2: +1 on 0 and 2. Means: 1,
    // -0.5, 0.5, 0.
    const pairs: PairedOutcomes[] = [
      { kind: 'bitset', count: 4, one: bits(4, [1]), other: bits(4, [0]) },
      { kind: 'bitset', count: 4, one: bits(4, [3]), other: bits(4, [0, 2, 3]) },
    ];
    const { effect, ciLow, ciHigh } = pairedEffect([pairs]);
    expect(effect).toBeCloseTo(0.25, 15);
    const [middle, squares] = [1 / 6, (1 + 0.25 + 0.25 + 1) / 6];
    const half = 1.959964 * Math.sqrt((squares - middle ** 2) / 6);
    expect(ciLow).toBeCloseTo(middle - half, 12);
    expect(ciHigh).toBeCloseTo(middle + half, 12);
  });

  it('keeps an interval where no sample differs', () => {
    const same: PairedOutcomes = { kind: 'bitset', count: 100, one: bits(100, [1]), other: bits(100, [1]) };
    const { effect, ciLow, ciHigh } = pairedEffect([[same, same]]);
    expect(effect).toBe(0);
    expect(ciHigh).toBeCloseTo((1.959964 * Math.sqrt(1 / 102)) / Math.sqrt(102), 12);
    expect(ciLow).toBeCloseTo(-ciHigh, 12);
  });

  it('averages replicates of one resampling, and adds up the ends of groups', () => {
    const pair = (shift: number): PairedOutcomes => ({
      kind: 'bootstrap',
      one: new Float64Array(401),
      other: Float64Array.from({ length: 401 }, (_, index) => index + shift),
      difference: 200 + shift,
    });
    expect(pairedEffect([[pair(0), pair(2)]])).toEqual({ effect: 201, ciLow: 11, ciHigh: 391 });
    expect(pairedEffect([[pair(0)], [pair(2)]])).toEqual({ effect: 201, ciLow: 11, ciHigh: 391 });
    expect(() => pairedEffect([[pair(0), { kind: 'bitset', count: 1, one: bits(1, []), other: bits(1, []) }]])).toThrow(
      RangeError,
    );
    expect(() => pairedEffect([])).toThrow(/a pair or more/);
  });

  /**
   * Share of intervals that hold the true effect: `pairs` pairs that are right on much the same
   * samples.
   */
  function coverage(samples: number, pairs: number, gain: number): { readonly honest: number; readonly naive: number } {
    const rounds = 500;
    let [held, naive] = [0, 0];
    for (let round = 0; round < rounds; round += 1) {
      const random = createPrng(11, round);
      const uniform = (): number => random.nextBelow(1_000_000) / 1_000_000;
      const outcomes = Array.from({ length: pairs }, () => [createBitset(samples), createBitset(samples)] as const);
      for (let sample = 0; sample < samples; sample += 1) {
        // What a sample does under either size is mostly its own, the same in all pairs; a little
        // is the pair's.
        const [easy, change] = [uniform(), uniform()];
        for (const [one, other] of outcomes) {
          const right = easy < 0.7 !== uniform() < 0.02;
          const gains = change < gain;
          const loses = change > 0.95;
          if (right) setBit(one, sample);
          if (gains ? true : loses ? false : right) setBit(other, sample);
        }
      }
      const group = outcomes.map(([one, other]): PairedOutcomes => ({ kind: 'bitset', count: samples, one, other }));
      const right = 0.7 * 0.98 + 0.3 * 0.02;
      const truth = gain * (1 - right) - 0.05 * right;
      const { effect, ciLow, ciHigh } = pairedEffect([group]);
      if (ciLow <= truth && truth <= ciHigh) held += 1;
      // As if the pairs were independent samples of their own.
      const half = (ciHigh - ciLow) / 2 / Math.sqrt(pairs);
      if (Math.abs(effect - truth) <= half) naive += 1;
    }
    return { honest: held / rounds, naive: naive / rounds };
  }

  it('holds the true effect in 95 % of sweeps, where pairs taken for independent do not', () => {
    const few = coverage(100, 10, 0.1);
    expect(few.honest).toBeGreaterThan(0.93);
    expect(few.naive).toBeLessThan(0.7);
    expect(coverage(400, 1, 0.1).honest).toBeGreaterThan(0.93);
    expect(coverage(50, 4, 0.16).honest).toBeGreaterThan(0.93);
  });
});
