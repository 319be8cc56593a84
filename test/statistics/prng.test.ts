import { expect, it } from 'vitest';

import { createPrng } from '../../src/statistics/prng.js';

it('the same seed and stream give the same numbers, others do not', () => {
  const draw = (seed: number, stream?: number) => {
    const random = createPrng(seed, stream);
    return Array.from({ length: 8 }, () => random.nextUint32());
  };
  expect(draw(1)).toEqual(draw(1, 0));
  const all = [draw(1), draw(2), draw(1, 1), draw(2, 1), draw(0), draw(0, 1)].flat();
  expect(new Set(all).size).toBe(all.length);
});

it('the numbers never change, since stored replicates depend on them', () => {
  const random = createPrng(20221118, 3);
  expect(Array.from({ length: 4 }, () => random.nextUint32())).toMatchInlineSnapshot(`
    [
      1364818085,
      1831262604,
      4057349230,
      1513732539,
    ]
  `);
});

it('numbers below a bound are evenly spread', () => {
  const random = createPrng(7);
  const counts = new Array<number>(6).fill(0);
  for (let draw = 0; draw < 60_000; draw += 1) counts[random.nextBelow(6)]! += 1;
  // Chi-squared with 5 degrees of freedom exceeds 20.5 once in a thousand seeds; this seed is
  // fixed.
  const chiSquared = counts.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0);
  expect(chiSquared).toBeLessThan(20.5);
});
