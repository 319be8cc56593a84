import type { Arena, Matrix } from './arena.js';
import { COLUMN_BLOCK } from './column-block.js';

/**
 * Adds `e H e^T` of each row e to `errors`: what the changes of an output channel's weights do to
 * its output, as a mean of squares.
 *
 * @param changes `[rows, size]`
 * @param moments `[size, size]`, symmetric
 * @param scratch at least `[rows, COLUMN_BLOCK]`
 */
export function addOutputErrors(
  arena: Arena,
  changes: Matrix,
  rows: number,
  moments: Matrix,
  size: number,
  scratch: Matrix,
  errors: Float64Array,
): void {
  const { data: e, stride } = changes;
  const { data: h } = moments;
  const { data: before } = scratch;
  for (let first = 0; first < size; first += COLUMN_BLOCK) {
    const end = Math.min(first + COLUMN_BLOCK, size);
    before.fill(0, 0, rows * scratch.stride);
    const product = { firstA: 0, rows, firstB: first, columns: end - first, depth: first };
    arena.multiplyAdd(scratch, changes, moments, product);
    for (let row = 0; row < rows; row++) {
      const own = row * stride;
      let error = 0;
      for (let column = first; column < end; column++) {
        const change = e[own + column]!;
        if (change === 0) continue;
        const at = column * moments.stride;
        let sum = before[row * scratch.stride + column - first]!;
        for (let k = first; k < column; k++) sum += h[at + k]! * e[own + k]!;
        error += change * (2 * sum + h[at + column]! * change);
      }
      errors[row]! += error;
    }
  }
}
