import type { Arena, Matrix } from './arena.js';
import { factorCholesky } from './cholesky.js';
import { COLUMN_BLOCK } from './column-block.js';
import { levelOf, type RowLevels } from './row-levels.js';

/** Share of the mean of the diagonal that is added to it. */
export const DAMPING = 0.01;

/** How often the damping is raised by a factor of 10 where the factorization breaks down. */
export const MOST_RAISES = 10;

/** The order of columns and the factor that carries errors from one to the next. */
export interface GptqFactor {
  /** Columns by decreasing diagonal; those of dead inputs, which stay as they are, left out. */
  readonly order: Uint32Array;
  /** Lower triangle M with `H = M^T M` of the damped matrix in that order. */
  readonly factor: Matrix;
}

/**
 * What {@link roundGptq} carries errors by. With `H^-1 = U^T U` of the damped matrix, U upper, M is
 * the transpose of `U^-1`: the Cholesky factor of H from its last column to the first, so that
 * nothing is inverted. Where rounding errors make H indefinite, the damping is raised by factors of
 * 10 until it is not.
 *
 * @param moments `[size, size]`, symmetric, 0 in rows and columns of dead inputs
 * @param factor at least `[size, size]`, overwritten
 * @param scratch at least `[size, COLUMN_BLOCK]`
 * @returns null where no damping helps, or all inputs are dead
 */
export function gptqFactor(
  arena: Arena,
  moments: Matrix,
  size: number,
  factor: Matrix,
  scratch: Matrix,
): GptqFactor | null {
  const diagonal = Float64Array.from({ length: size }, (_, column) => moments.data[column * (moments.stride + 1)]!);
  // Sorting is stable: of equal ones the first stays first.
  const order = Uint32Array.from(
    [...diagonal.keys()].filter((column) => diagonal[column]! > 0).sort((a, b) => diagonal[b]! - diagonal[a]!),
  );
  if (order.length === 0) return null;
  let damping = (DAMPING * diagonal.reduce((sum, value) => sum + value, 0)) / size;
  for (let raises = 0; raises <= MOST_RAISES; raises++, damping *= 10) {
    fillReversed(moments, order, damping, factor);
    if (!factorCholesky(arena, factor, order.length, scratch)) continue;
    flip(factor, order.length);
    return { order, factor };
  }
  return null;
}

/** The lower triangle in the order from the last column to the first, damped. */
function fillReversed(moments: Matrix, order: Uint32Array, damping: number, { data, stride }: Matrix): void {
  data.fill(0);
  const last = order.length - 1;
  for (let row = 0; row <= last; row++) {
    const from = order[last - row]! * moments.stride;
    for (let column = 0; column <= row; column++)
      data[row * stride + column] = moments.data[from + order[last - column]!]!;
    data[row * (stride + 1)]! += damping;
  }
}

/** Mirrors a lower triangle at its other diagonal, which makes M of the reversed factor. */
export function flip({ data, stride }: Matrix, size: number): void {
  const last = size - 1;
  for (let row = 0; row < size; row++) {
    for (let column = 0; column <= row && row + column < last; column++) {
      const here = row * stride + column;
      const there = (last - column) * stride + last - row;
      const value = data[here]!;
      data[here] = data[there]!;
      data[there] = value;
    }
  }
}

/**
 * GPTQ (Frantar et al. 2022, arXiv 2210.17323): one column after the other becomes its nearest
 * level, and its error is made up for, as well as can be, by the columns that follow.
 *
 * In the form of the factor M: with errors e of the columns before, column j aims at
 * `w_j - sum_k M_jk e_k / M_jj`, which is the same as taking `e_j / U_jj U_jk` off every column k
 * that follows.
 *
 * @param weights `[rows, size]`; where column `order[i]` is
 * @param errors `[rows, size]`, zeros: level minus weight in the order of the factor
 * @param levels of each row
 * @param scratch at least `[rows, COLUMN_BLOCK]`
 */
export function roundGptq(
  arena: Arena,
  { order, factor }: GptqFactor,
  weights: Matrix,
  rows: number,
  levels: readonly RowLevels[],
  errors: Matrix,
  scratch: Matrix,
): void {
  const { data: m, stride } = factor;
  const { data: e } = errors;
  for (let first = 0; first < order.length; first += COLUMN_BLOCK) {
    const end = Math.min(first + COLUMN_BLOCK, order.length);
    scratch.data.fill(0, 0, rows * scratch.stride);
    const product = { firstA: 0, rows, firstB: first, columns: end - first, depth: first };
    arena.multiplyAdd(scratch, errors, factor, product);
    for (let row = 0; row < rows; row++) {
      const own = levels[row]!;
      const at = row * errors.stride;
      for (let column = first; column < end; column++) {
        const factorRow = column * stride;
        let carried = scratch.data[row * scratch.stride + column - first]!;
        for (let k = first; k < column; k++) carried += m[factorRow + k]! * e[at + k]!;
        const weight = weights.data[row * weights.stride + order[column]!]!;
        const target = weight - carried / m[factorRow + column]!;
        e[at + column] = levelOf(target / own.scale, own) * own.scale - weight;
      }
    }
  }
}
