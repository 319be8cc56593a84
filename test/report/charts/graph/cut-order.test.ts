import { describe, expect, it } from 'vitest';

import { cutOrder } from '../../../../src/report/charts/graph/cut-order.js';

const even = (wanted: number) => (start: number, end: number) => ((end - start) / wanted - 1) ** 2;

describe('cutOrder', () => {
  it('makes parts of the wanted length where cuts cost the same', () => {
    expect(cutOrder({ count: 12, longest: 12, costBefore: () => 0, costOfPart: even(4) })).toEqual([0, 4, 8]);
  });

  it('cuts where it costs least, beside the middle', () => {
    const costBefore = (index: number): number => (index === 4 ? 0 : 5);
    expect(cutOrder({ count: 10, longest: 10, parts: 2, costBefore, costOfPart: even(5) })).toEqual([0, 4]);
  });

  it('makes exactly as many parts as are asked for, none empty', () => {
    const costOfPart = even(1);
    expect(cutOrder({ count: 3, longest: 3, parts: 3, costBefore: () => 9, costOfPart })).toEqual([0, 1, 2]);
    expect(cutOrder({ count: 3, longest: 3, parts: 7, costBefore: () => 9, costOfPart })).toEqual([0, 1, 2]);
    expect(cutOrder({ count: 0, longest: 3, costBefore: () => 0, costOfPart })).toEqual([]);
  });

  it('makes no part longer than the longest', () => {
    const starts = cutOrder({ count: 50, longest: 8, costBefore: () => 100, costOfPart: () => 0 });
    expect(Math.max(...starts.map((start, index) => (starts[index + 1] ?? 50) - start))).toBe(8);
    expect(starts).toHaveLength(7);
  });
});
