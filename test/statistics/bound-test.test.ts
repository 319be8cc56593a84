import { describe, expect, it } from 'vitest';
import { binomialUpperTail } from '../../src/statistics/binomial-tail.js';
import { createBitset, setBit } from '../../src/statistics/bitset.js';
import { createBoundTest } from '../../src/statistics/bound-test.js';
import { createPrng, type Prng } from '../../src/statistics/prng.js';
import type { StopVerdict } from '../../src/statistics/sequential-test.js';

const SAMPLES = 2000;

/** Samples that one of the two alone gets right. */
interface Discord {
  readonly onlyTrial: number;
  readonly onlyOther: number;
}

function run({ onlyTrial, onlyOther }: Discord, maxDrop: number, confidence: number, prng: Prng): StopVerdict | null {
  const other = createBitset(SAMPLES);
  for (let sample = onlyTrial; sample < 1500; sample += 1) setBit(other, sample);
  const isTrialRight = (sample: number): boolean => sample < 1500 - onlyOther;
  const test = createBoundTest({ samples: SAMPLES, other, maxDrop, confidence });
  const order = Array.from({ length: SAMPLES }, (_, index) => index);
  for (let last = SAMPLES - 1; last > 0; last -= 1) {
    const place = prng.nextBelow(last + 1);
    [order[last], order[place]] = [order[place]!, order[last]!];
  }
  for (const sample of order) {
    const verdict = test.add(sample, isTrialRight(sample));
    if (verdict !== null) return verdict;
  }
  return null;
}

const seeds = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index + 1);

describe('createBoundTest', () => {
  it.each([
    { onlyTrial: 0, onlyOther: 10 },
    { onlyTrial: 40, onlyOther: 50 },
  ])('seldom stops a trial exactly at the bound: %o', (discord) => {
    const runs = 400;
    const stopped = seeds(runs).filter((seed) => run(discord, 0.005, 0.9, createPrng(seed)) !== null).length;
    // P(X >= stopped), X of a tenth each: below 1e-6 only where the promise is broken.
    expect(binomialUpperTail(stopped, runs, 0.1)).toBeGreaterThan(1e-6);
  });

  it('never stops one that loses nothing', () => {
    for (const seed of seeds(50)) {
      expect(run({ onlyTrial: 20, onlyOther: 5 }, 0.005, 0.99, createPrng(seed))).toBeNull();
    }
  });

  it('stops one that loses much after few samples, and says what it saw', () => {
    const verdicts = seeds(20).map((seed) => run({ onlyTrial: 0, onlyOther: 600 }, 0.005, 0.999, createPrng(seed))!);
    for (const { reason, seen, right, otherRight, onlyTrial, onlyOther, pValue, threshold } of verdicts) {
      expect(reason).toBe('test');
      expect(seen).toBeLessThan(SAMPLES / 8);
      expect(otherRight - right).toBe(onlyOther - onlyTrial);
      expect(pValue).toBeLessThanOrEqual(threshold);
      expect(threshold).toBeCloseTo(0.001, 12);
    }
  });

  it('stops where the samples left can not bring it back', () => {
    const other = createBitset(4);
    for (const sample of [0, 1, 2, 3]) setBit(other, sample);
    const test = createBoundTest({ samples: 4, other, maxDrop: 0.3, confidence: 0.99 });
    expect(test.add(2, false)).toBeNull();
    // Two of four are lost: 0.5 is above 0.3 whatever follows.
    expect(test.add(0, false)).toMatchObject({ reason: 'certain', seen: 2, onlyOther: 2 });
  });

  it('allows any drop of 1', () => {
    expect(run({ onlyTrial: 0, onlyOther: 1500 }, 1, 0.99, createPrng(1))).toBeNull();
  });
});
