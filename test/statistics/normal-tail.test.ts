import { expect, it } from 'vitest';
import { normalTail } from '../../src/statistics/normal-tail.js';

it('gives the tabulated tails of the normal distribution', () => {
  expect(normalTail(2)).toBeCloseTo(0.02275013194817921, 10);
  expect(normalTail(3) / 0.0013498980316300933).toBeCloseTo(1, 8);
  expect(normalTail(6) / 9.865876450376946e-10).toBeCloseTo(1, 9);
});

it('refuses a z below 2', () => {
  expect(() => normalTail(1.9)).toThrow('Expected z of 2 or more, got 1.9');
});
