import fc from 'fast-check';
import { expect, it } from 'vitest';

import { drawResample, pairedBootstrap, percentileInterval95 } from '../../src/statistics/bootstrap.js';

it('the interval of 0, 1, .., 400 ends at 10 and 390, as numpy.percentile has it', () => {
  expect(percentileInterval95(Float64Array.from({ length: 401 }, (_, index) => 400 - index))).toEqual([10, 390]);
  expect(percentileInterval95(Float64Array.of(0, 1))).toEqual([0.025, 0.975]);
  expect(percentileInterval95(Float64Array.of(3))).toEqual([3, 3]);
});

it('identical replicates give a zero interval and p = 1', () => {
  const a = Float64Array.of(0.1, 0.5, 0.3);
  expect(pairedBootstrap(a, a, 0)).toEqual({ ciLow: 0, ciHigh: 0, pValue: 1, pRelation: '=', zScore: null });
});

it('replicates that are all larger give the smallest p there is', () => {
  const a = Float64Array.from({ length: 399 }, (_, index) => 1 + index);
  const { ciLow, pValue } = pairedBootstrap(a, new Float64Array(399), 200);
  expect(pValue).toBeCloseTo(2 / 400, 15);
  expect(ciLow).toBeCloseTo(1 + 0.025 * 398, 10);
});

it('below what counting can tell, p is a bound, and z the difference over its standard deviation', () => {
  // Differences 1000 + (-199.5 .. 199.5): their squares add up to n (n^2 - 1) / 12.
  const a = Float64Array.from({ length: 400 }, (_, index) => 1000 + index - 199.5);
  const { pValue, pRelation, zScore } = pairedBootstrap(a, new Float64Array(400), 1000);
  const deviation = Math.sqrt((400 * (400 ** 2 - 1)) / 12 / 399);
  expect(pValue).toBe(2 / 401);
  expect(pRelation).toBe('<=');
  expect(zScore).toBeCloseTo(1000 / deviation, 9);
});

it('replicates that hardly differ among themselves are no evidence beyond counting', () => {
  const result = pairedBootstrap(new Float64Array(400).fill(0.5), new Float64Array(400).fill(0.4), 0.1);
  expect(result).toMatchObject({ pValue: 2 / 401, zScore: null });
});

it('few different replicates are no evidence beyond counting', () => {
  // 49 values around 10, each far from 0 in units of their spread; with a 50th the spread counts.
  const of = (distinct: number) => Float64Array.from({ length: 399 }, (_, index) => 10 + 1e-3 * (index % distinct));
  expect(pairedBootstrap(of(49), new Float64Array(399), 10)).toMatchObject({ pValue: 2 / 400, zScore: null });
  expect(pairedBootstrap(of(50), new Float64Array(399), 10).zScore).toBeGreaterThan(100);
});

it('a spread of rounding size is no evidence beyond counting, however many values it has', () => {
  const a = Float64Array.from({ length: 399 }, (_, index) => 10 + index * 2 ** -49);
  expect(new Set(a).size).toBe(399);
  expect(pairedBootstrap(a, new Float64Array(399), 10)).toMatchObject({ pValue: 2 / 400, zScore: null });
});

it('the p-value counts replicates on the smaller side, and one more', () => {
  // Differences -1, -1, 1 x 7, 0: three are <= 0.
  const a = Float64Array.of(-1, -1, 1, 1, 1, 1, 1, 1, 1, 0);
  expect(pairedBootstrap(a, new Float64Array(10), 0.5).pValue).toBeCloseTo((2 * (3 + 1)) / 11, 15);
});

it('an observed difference of 0 gives p = 1', () => {
  expect(pairedBootstrap(Float64Array.of(1, 2, 3), new Float64Array(3), 0).pValue).toBe(1);
});

it('exchanging the trials mirrors the interval and keeps p', () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  const replicates = fc.array(fc.tuple(share, share), { minLength: 1 });
  fc.assert(
    fc.property(replicates, (pairs) => {
      const a = Float64Array.from(pairs, ([value]) => value);
      const b = Float64Array.from(pairs, ([, value]) => value);
      const forth = pairedBootstrap(a, b, 0.1);
      const back = pairedBootstrap(b, a, -0.1);
      expect(back.pValue).toBe(forth.pValue);
      expect(back.pRelation).toBe(forth.pRelation);
      expect(back.ciLow).toBeCloseTo(-forth.ciHigh, 12);
      expect(forth.pValue).toBeGreaterThan(0);
      expect(forth.pValue).toBeLessThanOrEqual(1);
    }),
  );
});

it('replicates of different numbers are not compared', () => {
  expect(() => pairedBootstrap(new Float64Array(2), new Float64Array(3), 1)).toThrow('got 2 and 3');
  expect(() => pairedBootstrap(new Float64Array(0), new Float64Array(0), 1)).toThrow('got 0 and 0');
});

it('NaN is refused, since it would pass for the strongest evidence', () => {
  expect(() => pairedBootstrap(Float64Array.of(Number.NaN), Float64Array.of(0), 1)).toThrow(
    'Expected finite replicates',
  );
  expect(() => pairedBootstrap(Float64Array.of(1), Float64Array.of(0), Number.NaN)).toThrow('a finite difference');
});

it('a resample draws as many samples as there are, the same for the same replicate', () => {
  const [a, b, other] = [new Uint16Array(256), new Uint16Array(256).fill(9), new Uint16Array(256)];
  drawResample(4, a);
  drawResample(4, b);
  drawResample(5, other);
  expect(a).toEqual(b);
  expect(a).not.toEqual(other);
  expect(a.reduce((sum, count) => sum + count, 0)).toBe(256);
});
