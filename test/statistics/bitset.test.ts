import fc from 'fast-check';
import { expect, it } from 'vitest';

import { countBits, countDiscordant, createBitset, hasBit, setBit } from '../../src/statistics/bitset.js';

it('bit i is bit i % 8, low first, of byte i / 8', () => {
  const bitset = createBitset(17);
  for (const index of [0, 9, 16]) setBit(bitset, index);
  expect([...bitset]).toEqual([1, 2, 1]);
  expect([hasBit(bitset, 9), hasBit(bitset, 8)]).toEqual([true, false]);
});

it('10,000 samples take 1,250 bytes', () => {
  expect(createBitset(10_000).length).toBe(1250);
});

it('bits and discordant pairs are counted as one by one', () => {
  const pairs = fc.array(fc.tuple(fc.boolean(), fc.boolean()), { maxLength: 200 });
  fc.assert(
    fc.property(pairs, (samples) => {
      const [a, b] = [createBitset(samples.length), createBitset(samples.length)];
      for (const [index, [inA, inB]] of samples.entries()) {
        if (inA) setBit(a, index);
        if (inB) setBit(b, index);
      }
      expect(countBits(a)).toBe(samples.filter(([inA]) => inA).length);
      expect(countDiscordant(a, b)).toEqual({
        onlyA: samples.filter(([inA, inB]) => inA && !inB).length,
        onlyB: samples.filter(([inA, inB]) => inB && !inA).length,
      });
    }),
  );
});

it('sets of different sizes are not compared', () => {
  expect(() => countDiscordant(new Uint8Array(2), new Uint8Array(3))).toThrow('got 2 and 3 bytes');
});
