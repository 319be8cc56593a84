import type { Arena, Matrix } from './arena.js';
import { COLUMN_BLOCK } from './column-block.js';

/**
 * The lower Cholesky factor of a symmetric matrix, `L L^T`, in place of its lower triangle; what
 * lies above it becomes 0. By blocks of columns (left-looking).
 *
 * @param size rows and columns that count
 * @param scratch at least `[size, COLUMN_BLOCK]`
 * @returns whether the matrix is positive definite; if not, its numbers are spoilt
 */
export function factorCholesky(arena: Arena, matrix: Matrix, size: number, scratch: Matrix): boolean {
  const { data, stride } = matrix;
  for (let first = 0; first < size; first += COLUMN_BLOCK) {
    const end = Math.min(first + COLUMN_BLOCK, size);
    const rows = size - first;
    scratch.data.fill(0, 0, rows * scratch.stride);
    const product = { firstA: first, rows, firstB: first, columns: end - first, depth: first };
    arena.multiplyAdd(scratch, matrix, matrix, product);
    for (let row = first; row < size; row++) {
      const own = row * stride;
      const before = (row - first) * scratch.stride - first;
      for (let column = first; column < Math.min(row, end); column++) {
        const other = column * stride;
        const rest = data[own + column]! - scratch.data[before + column]! - inner(data, own, other, first, column);
        data[own + column] = rest / data[other + column]!;
      }
      if (row >= end) continue;
      const square = data[own + row]! - scratch.data[before + row]! - inner(data, own, own, first, row);
      // Also of NaN.
      if (!(square > 0 && square < Infinity)) return false;
      data[own + row] = Math.sqrt(square);
      data.fill(0, own + row + 1, own + stride);
    }
  }
  return true;
}

/** Of two rows' numbers from `first` up to `end`. */
function inner(data: Float64Array, a: number, b: number, first: number, end: number): number {
  let sum = 0;
  for (let k = first; k < end; k++) sum += data[a + k]! * data[b + k]!;
  return sum;
}
