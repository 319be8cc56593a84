import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { snapshotSizes } from '../../src/plan/snapshot-sizes.js';

describe('snapshot sizes', () => {
  it('are 1, 2, 5, 10, ... below the largest, and the required ones', () => {
    expect(snapshotSizes([1])).toEqual([1]);
    expect(snapshotSizes([4])).toEqual([1, 2, 4]);
    expect(snapshotSizes([30, 7])).toEqual([1, 2, 5, 7, 10, 20, 30]);
    expect(snapshotSizes([5000])).toEqual([1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000]);
  });

  it('ascend to the largest required one and hold all of them', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 100_000 }), { minLength: 1, maxLength: 6 }), (required) => {
        const sizes = snapshotSizes(required);
        expect(sizes.at(-1)).toBe(Math.max(...required));
        expect(required.every((size) => sizes.includes(size))).toBe(true);
        expect(sizes.every((size, index) => index === 0 || size > sizes[index - 1]!)).toBe(true);
      }),
    );
  });

  it('need a required size', () => {
    expect(() => snapshotSizes([])).toThrow('expected at least one required prefix size, got none');
  });
});
