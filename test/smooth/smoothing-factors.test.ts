import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { noSmoothing, smoothingFactors } from '../../src/smooth/smoothing-factors.js';

const factorsOf = (act: number[], wt: number[], alpha: number) =>
  smoothingFactors(Float64Array.from(act), Float64Array.from(wt), alpha);

describe('smoothingFactors', () => {
  it('is act^alpha / wt^(1-alpha)', () => {
    expect([...factorsOf([16, 4], [4, 0.25], 0.5).s]).toEqual([2, 4]);
    expect([...factorsOf([16], [16], 0.75).s]).toEqual([4]);
    expect([...factorsOf([16], [16], 0.25).s]).toEqual([0.25]);
  });

  it('is 1/wt at alpha 0 and act at alpha 1', () => {
    expect([...factorsOf([16, 3], [4, 0.5], 0).s]).toEqual([0.25, 2]);
    expect([...factorsOf([16, 3], [4, 0.5], 1).s]).toEqual([16, 3]);
  });

  it.each<[string, number, number]>([
    ['activation is at the limit', 1e-9, 1],
    ['activation is zero', 0, 1],
    ['weight is at the limit', 1, 1e-9],
    ['weight is zero', 1, 0],
    ['activation is infinite', Infinity, 1],
    ['weight is NaN', 1, NaN],
  ])('is 1 and counted as dead where the %s', (_, act, wt) => {
    for (const alpha of [0, 0.5, 1]) {
      expect(factorsOf([act, 2], [wt, 2], alpha)).toEqual({
        s: Float32Array.of(1, 2 ** (2 * alpha - 1)),
        deadChannels: 1,
      });
    }
  });

  it('is alive just above the limit', () => {
    expect(factorsOf([1.1e-9], [1], 1)).toEqual({ s: Float32Array.of(1.1e-9), deadChannels: 0 });
  });

  it('is dead where float32 can not hold the factor', () => {
    expect(factorsOf([1e200], [1e200], 1)).toEqual({ s: Float32Array.of(1), deadChannels: 1 });
  });

  it('computes in float64 and stores float32', () => {
    const positive = fc.double({ min: 1e-6, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(positive, positive, fc.double({ min: 0, max: 1, noNaN: true }), (act, wt, alpha) => {
        expect(factorsOf([act], [wt], alpha).s[0]).toBe(Math.fround(Math.pow(act, alpha) / Math.pow(wt, 1 - alpha)));
      }),
    );
  });

  it('balances both ranges at alpha 0.5', () => {
    const { s } = factorsOf([100, 0.3, 7], [0.02, 5, 1], 0.5);
    for (const [c, [act, wt]] of [
      [100, 0.02],
      [0.3, 5],
      [7, 1],
    ].entries()) {
      expect(act! / s[c]!).toBeCloseTo(wt! * s[c]!, 5);
    }
  });
});

describe('noSmoothing', () => {
  it('is 1 everywhere', () => {
    expect(noSmoothing(3)).toEqual({ s: Float32Array.of(1, 1, 1), deadChannels: 0 });
  });
});
