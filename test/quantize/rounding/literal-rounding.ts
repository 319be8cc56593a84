import type { RowLevels } from '../../../src/quantize/rounding/row-levels.js';

/** Rounding as its papers write it, for one output channel: slow, and without a second thought. */

export type Square = readonly (readonly number[])[];

/** `e H e^T`. */
export function literalError(change: readonly number[], moments: Square): number {
  return change.reduce((sum, a, i) => sum + change.reduce((own, b, j) => own + a * moments[i]![j]! * b, 0), 0);
}

export function literalNearest(weights: readonly number[], { scale, lowest, highest }: RowLevels): number[] {
  return weights.map((value) => Math.min(Math.max(halfToEven(value / scale), lowest), highest));
}

/**
 * GPTQ with `H^-1` computed and its upper Cholesky factor: columns by decreasing diagonal, the
 * damped matrix, every error spread over all columns that follow.
 */
export function literalGptq(weights: readonly number[], moments: Square, levels: RowLevels): number[] {
  const size = weights.length;
  const order = [...weights.keys()].sort((a, b) => moments[b]![b]! - moments[a]![a]!);
  const damping = (0.01 * moments.reduce((sum, row, i) => sum + row[i]!, 0)) / size;
  const damped = order.map((i) => order.map((j) => moments[i]![j]! + (i === j ? damping : 0)));
  const upper = upperCholesky(inverse(damped));
  const left = order.map((i) => weights[i]!);
  const chosen = new Array<number>(size).fill(0);
  for (let j = 0; j < size; j++) {
    const level = Math.min(Math.max(halfToEven(left[j]! / levels.scale), levels.lowest), levels.highest);
    chosen[order[j]!] = level;
    const error = (left[j]! - level * levels.scale) / upper[j]![j]!;
    for (let k = j; k < size; k++) left[k]! -= error * upper[j]![k]!;
  }
  return chosen;
}

/** Coordinate descent that tries every level of a column, until a sweep changes nothing. */
export function literalDescent(
  weights: readonly number[],
  moments: Square,
  levels: RowLevels,
  start: readonly number[],
): number[] {
  const chosen = [...start];
  const errorOf = (): number =>
    literalError(
      chosen.map((level, i) => level * levels.scale - weights[i]!),
      moments,
    );
  for (let sweep = 0; sweep < 20; sweep++) {
    let isChanged = false;
    for (const column of weights.keys()) {
      if (moments[column]![column] === 0) continue;
      const before = chosen[column]!;
      let best = before;
      let least = errorOf();
      for (let level = levels.lowest; level <= levels.highest; level++) {
        chosen[column] = level;
        const error = errorOf();
        if (error < least * (1 - 1e-12)) [best, least] = [level, error];
      }
      chosen[column] = best;
      isChanged ||= best !== before;
    }
    if (!isChanged) break;
  }
  return chosen;
}

/** By Gauss and Jordan, with the largest pivot of each column. */
function inverse(matrix: Square): number[][] {
  const size = matrix.length;
  const rows = matrix.map((row, i) => [...row, ...row.map((_, j) => (i === j ? 1 : 0))]);
  for (let column = 0; column < size; column++) {
    const pivot = [...rows.keys()]
      .slice(column)
      .reduce((a, b) => (Math.abs(rows[b]![column]!) > Math.abs(rows[a]![column]!) ? b : a));
    [rows[column], rows[pivot]] = [rows[pivot]!, rows[column]!];
    const own = rows[column]!;
    const by = own[column]!;
    for (let k = 0; k < 2 * size; k++) own[k]! /= by;
    for (const [i, row] of rows.entries()) {
      const factor = row[column]!;
      if (i !== column) for (let k = 0; k < 2 * size; k++) row[k]! -= factor * own[k]!;
    }
  }
  return rows.map((row) => row.slice(size));
}

/** U, upper, with `matrix = U^T U`. */
function upperCholesky(matrix: Square): number[][] {
  const size = matrix.length;
  const upper = matrix.map(() => new Array<number>(size).fill(0));
  for (let i = 0; i < size; i++) {
    for (let j = i; j < size; j++) {
      let rest = matrix[i]![j]!;
      for (let k = 0; k < i; k++) rest -= upper[k]![i]! * upper[k]![j]!;
      upper[i]![j] = i === j ? Math.sqrt(rest) : rest / upper[i]![i]!;
    }
  }
  return upper;
}

function halfToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 !== 0) ? floor + 1 : floor;
}
