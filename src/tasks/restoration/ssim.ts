const WINDOW = 11;
const RADIUS = 5;
const SIGMA = 1.5;
const K1 = 0.01;
const K2 = 0.03;

/** Weights of the window along one axis; their sum is 1. */
const WEIGHTS = gaussian();

function gaussian(): Float64Array {
  const raw = Float64Array.from({ length: WINDOW }, (_, at) => Math.exp(-((at - RADIUS) ** 2) / (2 * SIGMA ** 2)));
  const sum = raw.reduce((total, value) => total + value, 0);
  return raw.map((value) => value / sum);
}

/**
 * Structural similarity of two planes `[height, width]` (Wang et al. 2004, IEEE TIP 13(4)): a
 * Gaussian window of 11 x 11 with sigma 1.5, population covariance, the mean over the positions
 * where the window lies inside. NaN where none does.
 *
 *   (2 mx my + C1) (2 sxy + C2) / ((mx^2 + my^2 + C1) (sxx + syy + C2)),  C = (K range)^2
 *
 * @param range of the numbers, 255 say
 */
export function ssim(one: Float64Array, other: Float64Array, height: number, width: number, range: number): number {
  const [rows, columns] = [height - WINDOW + 1, width - WINDOW + 1];
  if (rows < 1 || columns < 1) return NaN;
  const [c1, c2] = [(K1 * range) ** 2, (K2 * range) ** 2];
  // Filtered along the rows; the next 11 of them are kept.
  const ring = Array.from({ length: WINDOW }, () => filteredRows(columns));
  let sum = 0;
  for (let row = 0; row < height; row += 1) {
    filterRow(one, other, row * width, ring[row % WINDOW]!, columns);
    if (row < WINDOW - 1) continue;
    const own = Array.from({ length: WINDOW }, (_, at) => ring[(row - WINDOW + 1 + at) % WINDOW]!);
    for (let column = 0; column < columns; column += 1) {
      let [mx, my, squares, product] = [0, 0, 0, 0];
      for (let at = 0; at < WINDOW; at += 1) {
        const weight = WEIGHTS[at]!;
        const filtered = own[at]!;
        mx += weight * filtered.one[column]!;
        my += weight * filtered.other[column]!;
        squares += weight * filtered.squares[column]!;
        product += weight * filtered.product[column]!;
      }
      const means = mx * mx + my * my;
      sum += ((2 * mx * my + c1) * (2 * (product - mx * my) + c2)) / ((means + c1) * (squares - means + c2));
    }
  }
  return sum / (rows * columns);
}

interface FilteredRow {
  readonly one: Float64Array;
  readonly other: Float64Array;
  /** Of both squares added up. */
  readonly squares: Float64Array;
  readonly product: Float64Array;
}

function filteredRows(columns: number): FilteredRow {
  const row = (): Float64Array => new Float64Array(columns);
  return { one: row(), other: row(), squares: row(), product: row() };
}

function filterRow(one: Float64Array, other: Float64Array, start: number, into: FilteredRow, columns: number): void {
  for (let column = 0; column < columns; column += 1) {
    let [mx, my, squares, product] = [0, 0, 0, 0];
    for (let at = 0; at < WINDOW; at += 1) {
      const weight = WEIGHTS[at]!;
      const x = one[start + column + at]!;
      const y = other[start + column + at]!;
      mx += weight * x;
      my += weight * y;
      squares += weight * (x * x + y * y);
      product += weight * x * y;
    }
    into.one[column] = mx;
    into.other[column] = my;
    into.squares[column] = squares;
    into.product[column] = product;
  }
}
