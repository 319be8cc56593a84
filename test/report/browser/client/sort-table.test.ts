import { describe, expect, it } from 'vitest';
import { compareCells } from '../../../../src/report/browser/client/sort-table.js';

describe('compareCells', () => {
  const sorted = (cells: readonly (string | number | null)[], isDown: boolean) =>
    [...cells].sort((a, b) => compareCells(a, b, isDown));

  it('orders numbers by value and text by letters', () => {
    expect(sorted([10, 9, 100], false)).toEqual([9, 10, 100]);
    expect(sorted(['b', 'A', 'c'], false)).toEqual(['A', 'b', 'c']);
    expect(sorted([10, 9, 100], true)).toEqual([100, 10, 9]);
  });

  it('puts NULL last in both orders', () => {
    expect(sorted([null, 2, null, 1], false)).toEqual([1, 2, null, null]);
    expect(sorted([null, 2, null, 1], true)).toEqual([2, 1, null, null]);
  });
});
