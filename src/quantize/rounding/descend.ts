import type { Matrix } from './arena.js';
import { levelOf, type RowLevels } from './row-levels.js';

const MOST_SWEEPS = 20;

/**
 * Cyclic coordinate descent on the levels of one output channel (QuantEase, Behdin et al. 2023,
 * arXiv 2309.01885): column after column in their natural order takes the level at which `e H e^T`
 * is least with all others as they are, until a whole sweep changes nothing, or 20 times. A change
 * that gains nothing is not made. Columns of dead inputs stay as they are.
 *
 * @param row of the matrices
 * @param rowLevels the row's levels
 * @param levels its integers, and where they begin; changed
 * @param errors level minus weight, `[rows, size]`; changed
 * @param slopes `e H`, `[rows, size]`; changed
 * @param moments H, `[size, size]`, symmetric
 */
export function descendRow(
  row: number,
  size: number,
  rowLevels: RowLevels,
  levels: Int32Array,
  errors: Matrix,
  slopes: Matrix,
  moments: Matrix,
): void {
  const { scale } = rowLevels;
  const { data: h, stride } = moments;
  const { data: g } = slopes;
  const own = row * slopes.stride;
  for (let sweep = 0; sweep < MOST_SWEEPS; sweep++) {
    let isChanged = false;
    for (let column = 0; column < size; column++) {
      const at = column * stride;
      const steps = g[own + column]! / (h[at + column]! * scale);
      // Of dead inputs 0 / 0.
      if (!(Math.abs(steps) > 0.5)) continue;
      const before = levels[row * errors.stride + column]!;
      const level = levelOf(before - steps, rowLevels);
      if (level === before) continue;
      isChanged = true;
      levels[row * errors.stride + column] = level;
      const change = (level - before) * scale;
      errors.data[row * errors.stride + column]! += change;
      for (let k = 0; k < size; k++) g[own + k]! += change * h[at + k]!;
    }
    if (!isChanged) return;
  }
}
