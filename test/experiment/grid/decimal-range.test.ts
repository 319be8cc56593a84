import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expandRange } from '../../../src/experiment/grid/decimal-range.js';

describe('a range', () => {
  it('0.05..0.95 by 0.05 is 19 values that print as they would be written', () => {
    const values = expandRange({ from: 0.05, to: 0.95, step: 0.05 });
    expect(values).toHaveLength(19);
    expect(JSON.stringify(values)).toBe(
      '[0.05,0.1,0.15,0.2,0.25,0.3,0.35,0.4,0.45,0.5,0.55,0.6,0.65,0.7,0.75,0.8,0.85,0.9,0.95]',
    );
  });

  it('stops before an end that the step does not hit', () => {
    expect(expandRange({ from: 0, to: 1, step: 0.3 })).toEqual([0, 0.3, 0.6, 0.9]);
  });

  it('is one value where both ends are the same', () => {
    expect(expandRange({ from: 2, to: 2, step: 1 })).toEqual([2]);
  });

  it('counts through zero and in exponents', () => {
    expect(expandRange({ from: -0.1, to: 0.1, step: 0.1 })).toEqual([-0.1, 0, 0.1]);
    expect(expandRange({ from: 1e-7, to: 3e-7, step: 1e-7 })).toEqual([1e-7, 2e-7, 3e-7]);
    expect(expandRange({ from: 1e21, to: 2e21, step: 1e21 })).toEqual([1e21, 2e21]);
  });

  it('refuses steps that do not lead anywhere and ranges that are too long', () => {
    expect(expandRange({ from: 0, to: 1, step: 0 })).toMatchObject({ part: 'step', got: '0' });
    expect(expandRange({ from: 1, to: 0, step: -0.1 })).toMatchObject({ part: 'step', got: '-0.1' });
    expect(expandRange({ from: 1, to: 0, step: 0.1 })).toMatchObject({ part: 'to', expected: 'at least "from" (1)' });
    expect(expandRange({ from: 0, to: 1, step: 1e-300 })).toMatchObject({
      part: 'step',
      expected: 'at most 10000 values',
    });
    expect(expandRange({ from: 1, to: 10_000, step: 1 })).toHaveLength(10_000);
    expect(expandRange({ from: 0, to: 10_000, step: 1 })).toMatchObject({ got: '10001 values' });
  });

  it('gives the value that each decimal reads as, whatever the places', () => {
    const property = fc.property(
      fc.integer({ min: -5_000, max: 5_000 }),
      fc.integer({ min: 1, max: 500 }),
      fc.integer({ min: 1, max: 50 }),
      fc.integer({ min: 0, max: 6 }),
      (from, step, count, places) => {
        const decimal = (digits: number): number => Number(`${digits}e-${places}`);
        const range = { from: decimal(from), to: decimal(from + step * (count - 1)), step: decimal(step) };
        expect(expandRange(range)).toEqual(Array.from({ length: count }, (_, index) => decimal(from + index * step)));
      },
    );
    fc.assert(property);
  });
});
