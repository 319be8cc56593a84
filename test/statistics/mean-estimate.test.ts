import { describe, expect, it } from 'vitest';
import type { Draw } from '../../src/statistics/betting-test.js';
import { binomialUpperTail } from '../../src/statistics/binomial-tail.js';
import { estimateMean } from '../../src/statistics/mean-estimate.js';
import { createPrng } from '../../src/statistics/prng.js';

const set = { lowest: 0, highest: 1, confidence: 0.9 };

/** All orders of the samples, each with its probability under the weights. */
function everyOrder(weights: readonly number[]): { order: number[]; chance: number; draws: Draw[] }[] {
  const extend = (
    order: number[],
    chance: number,
    draws: Draw[],
  ): { order: number[]; chance: number; draws: Draw[] }[] => {
    const left = weights.map((_, sample) => sample).filter((sample) => !order.includes(sample));
    if (left.length === 0) return [{ order, chance, draws }];
    const total = left.reduce((sum, sample) => sum + weights[sample]!, 0);
    const leastProbability = Math.min(...left.map((sample) => weights[sample]!)) / total;
    return left.flatMap((sample) => {
      const probability = weights[sample]! / total;
      return extend([...order, sample], chance * probability, [...draws, { probability, leastProbability }]);
    });
  };
  return extend([], 1, []);
}

describe('the estimate', () => {
  it('is the mean of what was seen in a uniform order', () => {
    const values = [0.2, 1, 0, 0.7];
    for (let seen = 1; seen <= 4; seen += 1) {
      const some = values.slice(0, seen);
      const mean = some.reduce((a, b) => a + b) / seen;
      expect(estimateMean({ ...set, samples: 4 }, some).estimate).toBeCloseTo(mean, 14);
      if (seen < 4) expect(estimateMean({ ...set, samples: 9 }, some).estimate).toBeCloseTo(mean, 14);
    }
  });

  it('is unbiased in a weighted order at every number of samples, over all 120 orders', () => {
    const values = [1, 0, 0.25, 1, 0.6];
    const orders = everyOrder([1, 5, 2, 9, 3]);
    expect(orders).toHaveLength(120);
    for (let seen = 1; seen <= 5; seen += 1) {
      const expected = orders.reduce((sum, { order, chance, draws }) => {
        const some = order.slice(0, seen).map((sample) => values[sample]!);
        return sum + chance * estimateMean({ ...set, samples: 5 }, some, (place) => draws[place]!).estimate;
      }, 0);
      expect(expected).toBeCloseTo(2.85 / 5, 13);
    }
  });
});

describe('the interval', () => {
  it('is all there is before the first sample, and a point after the last', () => {
    expect(estimateMean({ ...set, samples: 5 }, [])).toEqual({ estimate: 0.5, low: 0, high: 1 });
    const all = estimateMean({ ...set, samples: 5 }, [1, 0, 0, 1, 0]);
    expect(all.estimate).toBe(0.4);
    expect(all.low).toBeLessThanOrEqual(0.4);
    expect(all.high).toBeGreaterThanOrEqual(0.4);
    expect(all.high - all.low).toBeLessThan(1e-5);
  });

  it('holds the mean at all numbers of samples with its confidence, weighted or not', () => {
    const count = 60;
    const values = Array.from({ length: count }, (_, sample) => (sample % 5 === 0 ? 1 : 0));
    const prng = createPrng(77);
    for (const weightOf of [() => 1, (sample: number) => (sample % 5 === 0 ? 4 : 1)]) {
      let missed = 0;
      const runs = 300;
      for (let run = 0; run < runs; run += 1) {
        const left = values.map((_, sample) => sample);
        const seen: number[] = [];
        const draws: Draw[] = [];
        while (left.length > 20) {
          const total = left.reduce((sum, sample) => sum + weightOf(sample), 0);
          let target = (prng.nextUint32() / 2 ** 32) * total;
          let place = 0;
          while (target >= weightOf(left[place]!)) target -= weightOf(left[place++]!);
          const [sample] = left.splice(place, 1);
          draws.push({ probability: weightOf(sample!) / total, leastProbability: 1 / total });
          seen.push(values[sample!]!);
        }
        // It only ever shrinks, so the last one tells of all before it.
        const { low, high } = estimateMean({ ...set, samples: count }, seen, (place) => draws[place]!);
        if (low > 0.2 || high < 0.2) missed += 1;
      }
      expect(binomialUpperTail(missed, runs, 0.1)).toBeGreaterThan(1e-6);
    }
  });

  it('shrinks as more is seen', () => {
    const values = Array.from({ length: 400 }, (_, sample) => (sample % 4 === 0 ? 0 : 1));
    const widths = [40, 120, 360].map((seen) => {
      const { low, high } = estimateMean({ ...set, samples: 400 }, values.slice(0, seen));
      expect(low).toBeLessThan(0.75);
      expect(high).toBeGreaterThan(0.75);
      return high - low;
    });
    expect(widths[1]).toBeLessThan(0.7 * widths[0]!);
    expect(widths[2]).toBeLessThan(0.4 * widths[1]!);
  });
});
