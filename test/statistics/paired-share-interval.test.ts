import { describe, expect, it } from 'vitest';
import { pairedEffect } from '../../src/statistics/paired-effect.js';
import { pairedShareInterval } from '../../src/statistics/paired-share-interval.js';

describe('the interval of a paired difference of shares', () => {
  it('is that of pairedEffect for one pair', () => {
    // 40 samples, bit by bit: 5 that one alone gets right, 2 that the other does, 20 both.
    const one = new Uint8Array(5);
    const other = new Uint8Array(5);
    const set = (bits: Uint8Array, from: number, to: number): void => {
      for (let at = from; at < to; at += 1) bits[at >> 3]! |= 1 << (at & 7);
    };
    set(one, 0, 25);
    set(other, 5, 27);
    const { ciLow, ciHigh } = pairedEffect([[{ kind: 'bitset', count: 40, one: other, other: one }]]);
    const [low, high] = pairedShareInterval(5, 2, 40);
    expect(low).toBeCloseTo(ciLow, 12);
    expect(high).toBeCloseTo(ciHigh, 12);
  });

  it('has a width where the two agree on every sample, and none without samples', () => {
    const [low, high] = pairedShareInterval(0, 0, 100);
    expect(high).toBeGreaterThan(0);
    expect(low).toBe(-high);
    expect(() => pairedShareInterval(0, 0, 0)).toThrow('Expected a sample or more');
  });
});
