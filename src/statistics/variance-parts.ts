import type { AxisPair } from './axis-design.js';

/** The variance of values, and what of it each axis and each pair of axes explains. */
export interface VarianceParts {
  readonly total: number;
  readonly axes: readonly number[];
  readonly pairs: readonly { readonly pair: AxisPair; readonly variance: number }[];
  readonly means: readonly Float64Array[];
}

/** The mean of the squares; 0 of none. */
export function meanSquare(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value ** 2, 0) / Math.max(1, values.length);
}
