import { describe, expect, it } from 'vitest';
import { createBettingTest, type BettingTest, type Draw } from '../../src/statistics/betting-test.js';
import { binomialUpperTail } from '../../src/statistics/binomial-tail.js';
import { createPrng, type Prng } from '../../src/statistics/prng.js';

/** A population of differences, and the weights by which its samples are drawn. */
interface Population {
  readonly values: readonly number[];
  readonly weights: readonly number[];
}

const group = (count: number, value: number, weight = 1): Population => ({
  values: Array.from({ length: count }, () => value),
  weights: Array.from({ length: count }, () => weight),
});

const together = (...parts: readonly Population[]): Population => ({
  values: parts.flatMap(({ values }) => values),
  weights: parts.flatMap(({ weights }) => weights),
});

const meanOf = ({ values }: Population): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Draws one after another, as the order is defined: slow, and with nothing shared. */
function* drawAll({ values, weights }: Population, prng: Prng): Generator<{ value: number; draw: Draw }> {
  const left = values.map((_, sample) => sample);
  while (left.length > 0) {
    const total = left.reduce((sum, sample) => sum + weights[sample]!, 0);
    let target = (prng.nextUint32() / 2 ** 32) * total;
    let place = 0;
    while (place < left.length - 1 && target >= weights[left[place]!]!) target -= weights[left[place++]!]!;
    const sample = left[place]!;
    const least = Math.min(...left.map((other) => weights[other]!));
    left.splice(place, 1);
    yield {
      value: values[sample]!,
      draw: { probability: weights[sample]! / total, leastProbability: least / total },
    };
  }
}

/** Samples until the rejection; null where there was none. */
function rejectedAfter(test: BettingTest, population: Population, prng: Prng, alpha: number): number | null {
  for (const { value, draw } of drawAll(population, prng)) {
    test.add(value, draw);
    if (test.rejects(alpha)) return test.seen;
  }
  return null;
}

const below = (population: Population, mean: number): BettingTest =>
  createBettingTest({ samples: population.values.length, lowest: -1, highest: 1, mean, alternative: 'below' });

describe('the wealth', () => {
  it('is that of seven players by hand, in a uniform order', () => {
    const test = createBettingTest({ samples: 4, lowest: 0, highest: 1, mean: 0.5, alternative: 'below' });
    // Expected 1/2, at most 1: the largest bet is 2, and a 0 gains 2 * 1/2 of what is staked.
    const stakes = [1, 1 / 2, 1 / 4, 1 / 8, 1 / 16, 1 / 32, 1 / 64];
    const starts = [0.5, 0.2, 0.1, 0.07, 0.05, 0.04, 0.04];
    const first = starts.map((start, player) => start * (1 + stakes[player]!));
    test.add(0);
    expect(test.logWealth).toBeCloseTo(Math.log(first.reduce((a, b) => a + b)), 14);
    // Expected 1/2 still, y at most 3/4: the largest bet is 4, a 0 gains twice what is staked.
    const second = first.map((wealth, player) => wealth * (1 + 2 * stakes[player]!));
    test.add(0);
    expect(test.logWealth).toBeCloseTo(Math.log(second.reduce((a, b) => a + b)), 14);
    expect(test.rejects(1 / 3)).toBe(true);
    expect(test.rejects(1 / 5)).toBe(false);
    // A third 0: with a 1 the mean would be 1/4 at most.
    test.add(0);
    expect(test.logWealth).toBe(Infinity);
  });

  it('loses what was staked, and remembers its peak', () => {
    const test = createBettingTest({ samples: 4, lowest: 0, highest: 1, mean: 0.5, alternative: 'below' });
    test.add(0);
    const peak = test.logWealth;
    // y = 3/4: nothing is left of the first player, and half of what the second had, 0.2 * 3/2.
    test.add(1);
    const left =
      0.2 * 1.5 * 0.5 +
      0.1 * 1.25 * 0.75 +
      0.07 * (9 / 8) * (7 / 8) +
      0.05 * (17 / 16) * (15 / 16) +
      0.04 * (33 / 32) * (31 / 32) +
      0.04 * (65 / 64) * (63 / 64);
    expect(test.logWealth).toBeCloseTo(Math.log(left), 14);
    expect(test.peakLogWealth).toBe(peak);
    expect(test.rejects(1 / 1.6)).toBe(true);
  });

  it('weighs a value by the probability of its draw, and limits bets by the rarest', () => {
    // Two samples of weights 3 and 1. The first comes, -1: y = -1 / (2 * 3/4) = -2/3, at most 2.
    const test = createBettingTest({ samples: 2, lowest: -1, highest: 1, mean: 0, alternative: 'below' });
    test.add(-1, { probability: 3 / 4, leastProbability: 1 / 4 });
    const gain = 1 / 3;
    const wealth =
      0.5 * (1 + gain) +
      0.2 * (1 + gain / 2) +
      0.1 * (1 + gain / 4) +
      0.07 * (1 + gain / 8) +
      0.05 * (1 + gain / 16) +
      0.04 * (1 + gain / 32) +
      0.04 * (1 + gain / 64);
    expect(test.logWealth).toBeCloseTo(Math.log(wealth), 14);
  });

  it('tests the other side as the negated values', () => {
    const settings = { samples: 50, lowest: -1, highest: 1 };
    const up = createBettingTest({ ...settings, mean: 0.1, alternative: 'above' });
    const down = createBettingTest({ ...settings, mean: -0.1, alternative: 'below' });
    const prng = createPrng(3);
    for (let sample = 0; sample < 30; sample += 1) {
      const value = prng.nextBelow(3) - 1;
      up.add(value);
      down.add(-value);
      expect(up.logWealth).toBe(down.logWealth);
    }
  });

  it('goes on from what an earlier test has left, with values that were seen before', () => {
    const whole = createBettingTest({ samples: 100, lowest: -1, highest: 1, mean: 0.2, alternative: 'below' });
    const part = createBettingTest({ samples: 100, lowest: -1, highest: 1, mean: 0.2, alternative: 'below' }, 0.75);
    for (let sample = 0; sample < 20; sample += 1) part.skip(sample % 2 === 0 ? 1 : -1);
    expect(part.logWealth).toBe(0.75);
    expect(part.seen).toBe(20);
    part.add(0);
    whole.add(0);
    // The expected value of the first sample is 0.2 in both; of fewer unseen ones y is at most 0.8.
    const wealthOf = (gain: number): number =>
      [0.5, 0.2, 0.1, 0.07, 0.05, 0.04, 0.04].reduce((sum, start, player) => sum + start * (1 + gain / 2 ** player), 0);
    expect(whole.logWealth).toBeCloseTo(Math.log(wealthOf(0.2 / 0.8)), 14);
    expect(part.logWealth).toBeCloseTo(0.75 + Math.log(wealthOf(0.2 / 0.6)), 14);
  });

  it('grows with the mean that is tested, so that a rejection rejects all beyond it', () => {
    const prng = createPrng(11);
    const population = together(group(60, 0, 1), group(20, -1, 4), group(15, 1, 4), group(5, 0.5, 2));
    const draws = [...drawAll(population, prng)];
    const means = [-0.3, -0.1, 0, 0.01, 0.05, 0.2, 0.7];
    const tests = means.map((mean) => below(population, mean));
    for (const { value, draw } of draws) {
      for (const test of tests) test.add(value, draw);
      for (let at = 1; at < tests.length; at += 1) {
        expect(tests[at]!.logWealth).toBeGreaterThanOrEqual(tests[at - 1]!.logWealth);
      }
    }
  });

  it('survives 20,000 losses and as many gains', () => {
    const test = createBettingTest({ samples: 100_000, lowest: -1, highest: 1, mean: 0, alternative: 'below' });
    for (let sample = 0; sample < 20_000; sample += 1) test.add(1);
    expect(test.logWealth).toBeGreaterThan(-Infinity);
    expect(test.logWealth).toBeLessThan(-100);
    for (let sample = 0; sample < 40_000; sample += 1) test.add(-1);
    expect(test.logWealth).toBeGreaterThan(100);
    expect(test.logWealth).toBeLessThan(Infinity);
  });

  it.each([
    { samples: 0, lowest: 0, highest: 1, mean: 0.5 },
    { samples: 4, lowest: 1, highest: 1, mean: 1 },
    { samples: 4, lowest: 0, highest: 1, mean: 1.5 },
    { samples: 4, lowest: 0, highest: 1, mean: NaN },
  ])('refuses $samples samples and a mean of $mean in $lowest .. $highest', (settings) => {
    expect(() => createBettingTest({ ...settings, alternative: 'below' })).toThrow(RangeError);
  });
});

describe('the error', () => {
  /** Worst cases, the mean exactly at the edge of the null. */
  const nulls: readonly (readonly [string, Population, number])[] = [
    ['many differences', together(group(30, 1), group(30, -1), group(20, 0)), 0],
    ['few differences', together(group(4, 1), group(4, -1), group(112, 0)), 0],
    ['few, and an indifference', together(group(5, 1), group(2, -1), group(93, 0)), 0.03],
    ['a rare 1 that a uniform order finds late', together(group(1, 1), group(10, -0.1), group(49, 0)), 0],
    ['losses often drawn, gains rarely', together(group(20, -1, 20), group(20, 1, 1), group(20, 0, 1)), 0],
    ['gains often drawn, losses rarely', together(group(20, 1, 20), group(20, -1, 1), group(20, 0, 1)), 0],
    ['rare gains among small losses', together(group(3, 1, 1), group(30, -0.1, 2), group(27, 0, 1)), 0],
  ];

  it.each(nulls)('is at most alpha: %s', (_, population, mean) => {
    expect(meanOf(population)).toBeCloseTo(mean, 12);
    const [runs, alpha] = [1500, 0.1];
    const prng = createPrng(20261201);
    let rejected = 0;
    for (let run = 0; run < runs; run += 1) {
      if (rejectedAfter(below(population, mean), population, prng, alpha) !== null) rejected += 1;
    }
    // So many or more by chance, were the error 0.1: less than one in a million.
    expect(binomialUpperTail(rejected, runs, alpha)).toBeGreaterThan(1e-6);
    expect(rejected).toBeGreaterThan(0);
  });

  it('would be larger without the weights', () => {
    const population = together(group(20, -1, 20), group(20, 1, 1), group(20, 0, 1));
    const prng = createPrng(1);
    let rejected = 0;
    for (let run = 0; run < 200; run += 1) {
      const test = below(population, 0);
      for (const { value } of drawAll(population, prng)) test.add(value);
      if (test.rejects(0.1)) rejected += 1;
    }
    expect(rejected).toBeGreaterThan(150);
  });
});

describe('the power', () => {
  it('is near that of a test whose number of samples is known before', () => {
    // 1.5 points of 2,000. Fixed n with alpha 0.01 and power 0.9, by the normal approximation:
    // 0.015 / (sqrt(0.025 - 0.015^2) sqrt(1/n - 1/2000)) = 2.326 + 1.282 gives n = 836.
    const population = together(group(40, -1), group(10, 1), group(1950, 0));
    const prng = createPrng(5);
    const needed = Array.from({ length: 25 }, () => rejectedAfter(below(population, 0), population, prng, 0.01));
    expect(needed.every((seen) => seen !== null)).toBe(true);
    const mean = needed.reduce<number>((sum, seen) => sum + seen!, 0) / needed.length;
    expect(mean).toBeLessThan(1.1 * 836);
  });

  it('excludes differences that nothing was seen of as fast as counting', () => {
    // Nothing differs among 1,000. Were 30 of them gains, the first n would show none with
    // probability below 0.01 from n = 141 on; half of the wealth is all in, so 0.005 is needed.
    const population = group(1000, 0);
    const needed = rejectedAfter(below(population, 0.03), population, createPrng(1), 0.01)!;
    let none = 1;
    let exact = 0;
    while (none > 0.005) none *= (1000 - 30 - exact) / (1000 - exact++);
    expect(Math.abs(needed - exact)).toBeLessThanOrEqual(2);
  });

  it('grows where differences lie where the weights are', () => {
    const place = (weight: number): Population =>
      together(group(40, -1, weight), group(10, 1, weight), group(150, 0, weight), group(1800, 0));
    const mean = (population: Population, seed: number): number => {
      const prng = createPrng(seed);
      return (
        Array.from(
          { length: 10 },
          () => rejectedAfter(below(population, 0), population, prng, 0.01) ?? population.values.length,
        ).reduce((sum, seen) => sum + seen, 0) / 10
      );
    };
    expect(mean(place(12), 9)).toBeLessThan(0.7 * mean(place(1), 9));
  });
});
