import { describe, expect, it } from 'vitest';
import { createBitset, setBit } from '../../src/statistics/bitset.js';
import { createPrng, type Prng } from '../../src/statistics/prng.js';
import {
  createSequentialTest,
  lookPoints,
  signTestTail,
  type StopVerdict,
} from '../../src/statistics/sequential-test.js';

/** Samples of an evaluation by which of the two trials get them right. */
interface Population {
  readonly both: number;
  readonly onlyTrial: number;
  readonly onlyOther: number;
  readonly neither: number;
}

function bitsetOf(samples: number, isIn: (sample: number) => boolean): Uint8Array {
  const set = createBitset(samples);
  for (let sample = 0; sample < samples; sample += 1) if (isIn(sample)) setBit(set, sample);
  return set;
}

function shuffle(count: number, prng: Prng): number[] {
  const order = Array.from({ length: count }, (_, index) => index);
  for (let last = count - 1; last > 0; last -= 1) {
    const other = prng.nextBelow(last + 1);
    [order[last], order[other]] = [order[other]!, order[last]!];
  }
  return order;
}

/** The verdicts of so many trials on the population, each in a random order of its own. */
function simulate(
  { both, onlyTrial, onlyOther, neither }: Population,
  confidence: number,
  runs: number,
): readonly (StopVerdict | null)[] {
  const samples = both + onlyTrial + onlyOther + neither;
  const prng = createPrng(20261126);
  const isTrialRight = (sample: number): boolean => sample < both + onlyTrial;
  const other = bitsetOf(samples, (s) => s < both || (s >= both + onlyTrial && s < both + onlyTrial + onlyOther));
  return Array.from({ length: runs }, () => {
    const test = createSequentialTest(samples, confidence, other);
    for (const sample of shuffle(samples, prng)) {
      const verdict = test.add(sample, isTrialRight(sample));
      if (verdict !== null) return verdict;
    }
    return null;
  });
}

function stoppedShare(population: Population, confidence: number, runs: number): number {
  return simulate(population, confidence, runs).filter((verdict) => verdict !== null).length / runs;
}

describe('the looks', () => {
  it('are at every 5 % up to 75 %, each once', () => {
    expect(lookPoints(10_000)).toEqual(Array.from({ length: 15 }, (_, index) => 500 * (index + 1)));
    expect(lookPoints(7)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(lookPoints(1)).toEqual([]);
  });
});

describe('the one-sided sign test', () => {
  it.each([
    [0, 0, 1],
    [3, 0, 1],
    [0, 5, 1 / 32],
    [1, 5, 7 / 64],
    [2, 8, (1 + 10 + 45) / 1024],
    [5, 5, (1 + 10 + 45 + 120 + 210 + 252) / 1024],
    [6, 4, (1 + 10 + 45 + 120 + 210 + 252 + 210) / 1024],
  ])('of %i against %i is %f', (onlyTrial, onlyOther, expected) => {
    expect(signTestTail(onlyTrial, onlyOther)).toBeCloseTo(expected, 14);
  });

  it('is at least what sampling without replacement makes of any finite set in which the trial is not worse', () => {
    const choose = (n: number, k: number): number => {
      let ways = 1;
      for (let i = 1; i <= k; i += 1) ways = (ways * (n - k + i)) / i;
      return k < 0 || k > n ? 0 : Math.round(ways);
    };
    let compared = 0;
    for (let pairs = 1; pairs <= 24; pairs += 1) {
      for (let favourable = Math.ceil(pairs / 2); favourable <= pairs; favourable += 1) {
        for (let drawn = 1; drawn <= pairs; drawn += 1) {
          let tail = 0;
          for (let b = 0; 2 * b < drawn; b += 1) {
            tail += (choose(favourable, b) * choose(pairs - favourable, drawn - b)) / choose(pairs, drawn);
            expect(tail, `${b} of ${drawn}, ${favourable} of ${pairs}`).toBeLessThanOrEqual(
              signTestTail(b, drawn - b) * (1 + 1e-12),
            );
            compared += 1;
          }
        }
      }
    }
    expect(compared).toBeGreaterThan(10_000);
  });
});

describe('the sequential test', () => {
  it('stops at the first look at which the sign test is clear, and says what it saw', () => {
    // The other is right on the first 10 of 20 samples, the trial on none: 2^-9 is the first at or
    // below 0.05 / 15.
    const test = createSequentialTest(
      20,
      0.95,
      bitsetOf(20, (sample) => sample < 10),
    );
    for (let sample = 0; sample < 8; sample += 1) expect(test.add(sample, false)).toBeNull();
    const verdict = test.add(8, false)!;
    expect(verdict).toMatchObject({ reason: 'test', seen: 9, right: 0, otherRight: 9, onlyTrial: 0, onlyOther: 9 });
    expect(verdict.pValue).toBeCloseTo(1 / 512, 14);
    expect(verdict.threshold).toBeCloseTo(0.05 / 15, 14);
  });

  it('stops where all that is left would not do, not where it would just do', () => {
    // The other is right on 12 of 20. Wrong on the first 8 samples, the trial can still reach 12;
    // wrong on 9, it can't.
    const test = createSequentialTest(
      20,
      0.999_999,
      bitsetOf(20, (sample) => sample >= 8),
    );
    for (let sample = 0; sample < 8; sample += 1) expect(test.add(sample, false)).toBeNull();
    expect(test.add(8, false)).toMatchObject({ reason: 'certain', seen: 9, right: 0, otherRight: 1 });
  });

  it.each([
    ['few pairs', { both: 280, onlyTrial: 10, onlyOther: 10, neither: 100 }],
    ['many pairs', { both: 60, onlyTrial: 150, onlyOther: 150, neither: 40 }],
    ['nothing but pairs', { both: 0, onlyTrial: 200, onlyOther: 200, neither: 0 }],
    ['one more of its own', { both: 190, onlyTrial: 61, onlyOther: 60, neither: 89 }],
  ])('stops a trial that is as good with at most 1 - confidence: %s', (_, population) => {
    // Bonferroni over looks that see the same samples is cautious: the share is well below its
    // bound of 0.2.
    const share = stoppedShare(population, 0.8, 2000);
    expect(share).toBeLessThan(0.2);
  });

  it('makes use of what it may err', () => {
    const share = stoppedShare({ both: 0, onlyTrial: 200, onlyOther: 200, neither: 0 }, 0.8, 2000);
    expect(share).toBeGreaterThan(0.005);
  });

  it('stops a clearly worse trial soon, and nearly always one that is worse by less', () => {
    const clear = simulate({ both: 500, onlyTrial: 50, onlyOther: 250, neither: 200 }, 0.999, 200);
    expect(clear.every((verdict) => verdict !== null)).toBe(true);
    const seen = clear.map((verdict) => verdict!.seen);
    expect(seen.reduce((a, b) => a + b, 0) / seen.length).toBeLessThan(250);
    expect(stoppedShare({ both: 600, onlyTrial: 50, onlyOther: 125, neither: 225 }, 0.999, 200)).toBeGreaterThan(0.9);
  });

  it('never stops a trial that is always right', () => {
    expect(stoppedShare({ both: 300, onlyTrial: 100, onlyOther: 0, neither: 0 }, 0.5, 100)).toBe(0);
  });
});
