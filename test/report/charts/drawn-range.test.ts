import { describe, expect, it } from 'vitest';
import { linearRange, logRange } from '../../../src/report/charts/drawn-range.js';

const told = (ticks: readonly number[]): number[] => ticks.map((tick) => Number((10 ** tick).toPrecision(6)));

describe('logRange', () => {
  it.each([
    [
      [0.001, 0.9],
      [0.001, 0.01, 0.1],
    ],
    [
      [0.02, 0.3],
      [0.03, 0.1, 0.3],
    ],
    [
      [0.01, 0.06],
      [0.01, 0.02, 0.05],
    ],
    // Between two neighbours of 1, 2, 5: without steps of its own the axis would say nothing.
    [
      [0.0204, 0.0245],
      [0.021, 0.022, 0.023, 0.024],
    ],
    [
      [0.018, 0.024],
      [0.018, 0.02, 0.022, 0.024],
    ],
  ])('labels %j at %j', (values, labels) => {
    expect(told(logRange(values).ticks)).toEqual(labels);
  });

  it('has labels around a single value, and leaves out what has no logarithm', () => {
    expect(told(logRange([0, 0.02, -1]).ticks)).toEqual([0.01, 0.02, 0.05]);
  });
});

describe('linearRange', () => {
  it('labels about five round steps', () => {
    expect(linearRange([0, 0.93]).ticks).toEqual([0, 0.2, 0.4, 0.6, 0.8]);
  });
});
