import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editDistance, nearestName } from '../../src/text/nearest-name.js';

describe('edit distance', () => {
  it.each([
    ['alpha', 'alhpa', 1],
    ['alpha', 'Alpha', 0],
    ['kitten', 'sitting', 3],
    ['', 'abc', 3],
  ])('%j to %j is %i', (left, right, distance) => {
    expect(editDistance(left, right)).toBe(distance);
  });

  it('is symmetric, and 0 for equal names', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (left, right) => {
        expect(editDistance(left, right)).toBe(editDistance(right, left));
        expect(editDistance(left, left)).toBe(0);
      }),
    );
  });
});

describe('the nearest name', () => {
  it('is the one with the fewest edits', () => {
    expect(nearestName('lables', ['format', 'labels', 'path'])).toBe('labels');
  });

  it('is a dotted path that ends in it', () => {
    expect(nearestName('bits', ['smoothing.alpha', 'quantization.weight.bits'])).toBe('quantization.weight.bits');
  });

  it('is none where all are far', () => {
    expect(nearestName('xyz', ['alpha', 'path'])).toBeNull();
    expect(nearestName('ab', ['to'])).toBeNull();
  });
});
