import { describe, expect, it } from 'vitest';

import { BitCounts, bitWords } from '../../src/statistics/bit-counts.js';
import { createBitset, hasBit, setBit } from '../../src/statistics/bitset.js';
import { createPrng } from '../../src/statistics/prng.js';

describe('counts of bits', () => {
  it.each([1, 31, 32, 33, 1000])('are how many sets hold each of %i indices', (count) => {
    const random = createPrng(3, count);
    const sets = Array.from({ length: 70 }, () => {
      const set = createBitset(count);
      for (let index = 0; index < count; index += 1) if (random.nextBelow(3) > 0) setBit(set, index);
      return set;
    });
    const counts = new BitCounts(count);
    for (const set of sets) counts.add(bitWords(set));
    expect([...counts.counts()]).toEqual(
      Array.from({ length: count }, (_, index) => sets.filter((set) => hasBit(set, index)).length),
    );
  });

  it('go on after they were asked for', () => {
    const set = createBitset(40);
    setBit(set, 39);
    const counts = new BitCounts(40);
    for (const added of [3, 5, 8, 17]) {
      const before = counts.counts()[39]!;
      for (let time = 0; time < added; time += 1) counts.add(bitWords(set));
      expect([counts.counts()[39], counts.counts()[0]]).toEqual([before + added, 0]);
    }
  });

  it('refuse a set of another size', () => {
    expect(() => {
      new BitCounts(100).add(bitWords(createBitset(200)));
    }).toThrow('Expected 4 words of a bitset, got 7');
  });
});
