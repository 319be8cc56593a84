import fc from 'fast-check';
import { expect, it } from 'vitest';

import { wilson95 } from '../../src/statistics/wilson.js';

it('the interval of 5 of 10 is that of the textbooks', () => {
  // z^2 = 3.841458820694124; centre (0.5 + z^2/20) / (1 + z^2/10) = 0.5; half sqrt(0.025 z^2 +
  // z^4/400) / (1 + z^2/10).
  const [low, high] = wilson95(5, 10);
  expect(low).toBeCloseTo(0.236593, 6);
  expect(high).toBeCloseTo(0.763407, 6);
});

it('the interval of 9173 of 10000 is about half a point either side', () => {
  const [low, high] = wilson95(9173, 10000);
  expect(low).toBeCloseTo(0.91174, 5);
  expect(high).toBeCloseTo(0.922539, 5);
});

it('none and all correct have an exact end and one at z^2 / (n + z^2)', () => {
  const z2 = 1.959963984540054 ** 2;
  expect(wilson95(0, 10)).toEqual([0, expect.closeTo(z2 / (10 + z2), 12)]);
  expect(wilson95(10, 10)).toEqual([expect.closeTo(10 / (10 + z2), 12), 1]);
});

it('both ends solve |p - share| = z sqrt(p (1 - p) / n), the equation that defines them', () => {
  const counts = fc.integer({ min: 1, max: 100_000 }).chain((total) => fc.tuple(fc.nat(total), fc.constant(total)));
  fc.assert(
    fc.property(counts, ([correct, total]) => {
      for (const end of wilson95(correct, total)) {
        expect(end).toBeGreaterThanOrEqual(0);
        expect(end).toBeLessThanOrEqual(1);
        const distance = Math.abs(end - correct / total);
        expect(distance).toBeCloseTo(1.959963984540054 * Math.sqrt((end * (1 - end)) / total), 9);
      }
    }),
  );
});

it.each([
  [1, 0],
  [-1, 5],
  [6, 5],
  [0.5, 5],
])('%d of %d has no interval', (correct, total) => {
  expect(() => wilson95(correct, total)).toThrow(RangeError);
});
