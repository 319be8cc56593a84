/**
 * The lower triangle L of `L L' = matrix`, symmetric and positive definite, `[size, size]` by rows;
 * only its lower triangle is read. Null where a pivot is not above 0.
 */
export function cholesky(matrix: Float64Array, size: number): Float64Array | null {
  const lower = new Float64Array(size * size);
  for (let row = 0; row < size; row += 1) {
    for (let column = 0; column <= row; column += 1) {
      let sum = matrix[row * size + column]!;
      for (let inner = 0; inner < column; inner += 1) {
        sum -= lower[row * size + inner]! * lower[column * size + inner]!;
      }
      if (row !== column) lower[row * size + column] = sum / lower[column * size + column]!;
      else if (sum > 0) lower[row * size + row] = Math.sqrt(sum);
      else return null;
    }
  }
  return lower;
}

/** x of `L L' x = right`, `[size]`. */
export function solveCholesky(lower: Float64Array, right: Float64Array): Float64Array {
  const size = right.length;
  const x = Float64Array.from(right);
  for (let row = 0; row < size; row += 1) {
    let sum = x[row]!;
    for (let inner = 0; inner < row; inner += 1) sum -= lower[row * size + inner]! * x[inner]!;
    x[row] = sum / lower[row * size + row]!;
  }
  for (let row = size - 1; row >= 0; row -= 1) {
    const value = (x[row]! /= lower[row * size + row]!);
    for (let inner = 0; inner < row; inner += 1) x[inner]! -= lower[row * size + inner]! * value;
  }
  return x;
}

/** The rows of the inverse of L, by which `x' (L L')^-1 x = |L^-1 x|^2`: `[size, size]`, lower. */
export function invertLower(lower: Float64Array, size: number): Float64Array {
  const inverse = new Float64Array(size * size);
  for (let row = 0; row < size; row += 1) {
    const pivot = lower[row * size + row]!;
    for (let inner = 0; inner < row; inner += 1) {
      const factor = lower[row * size + inner]!;
      if (factor === 0) continue;
      for (let column = 0; column <= inner; column += 1) {
        inverse[row * size + column]! -= factor * inverse[inner * size + column]!;
      }
    }
    for (let column = 0; column < row; column += 1) inverse[row * size + column]! /= pivot;
    inverse[row * size + row] = 1 / pivot;
  }
  return inverse;
}
