import { expect, it } from 'vitest';
import { cellText, isNumeric } from '../../../../src/report/browser/client/data-table.js';

it('writes numbers to six digits and NULL as a dash', () => {
  expect([0.123456789, 1e-9, 42, 'text', null].map(cellText)).toEqual(['0.123457', '1e-9', '42', 'text', '–']);
});

it('takes a column of numbers and NULL for numeric, one with text not', () => {
  expect(isNumeric([[1], [null]], 0)).toBe(true);
  expect(isNumeric([[1], ['2']], 0)).toBe(false);
});
