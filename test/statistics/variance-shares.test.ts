import { describe, expect, it } from 'vitest';

import { notApplicable, type AxisDesign } from '../../src/statistics/axis-design.js';
import { createPrng } from '../../src/statistics/prng.js';
import { varianceShares } from '../../src/statistics/variance-shares.js';

/** Every combination of levels, the last axis fastest. */
function combinations(sizes: readonly number[]): number[][] {
  return sizes.reduce<number[][]>(
    (all, size) => all.flatMap((cell) => Array.from({ length: size }, (_, level) => [...cell, level])),
    [[]],
  );
}

function designOf(
  sizes: readonly number[],
  cells: readonly (readonly number[])[],
  valueOf: (cell: readonly number[]) => number,
): AxisDesign {
  return {
    sizes,
    levels: sizes.map((_, axis) => Int32Array.from(cells, (cell) => cell[axis]!)),
    values: Float64Array.from(cells, valueOf),
  };
}

const sizes = [2, 3, 2];
const a = [-1, 1];
const b = [-2, 0, 2];
const c = [-0.5, 0.5];
/** Rows and columns add up to 0. */
const ab = [
  [1, -1, 0],
  [-1, 1, 0],
];
const additive = ([i, j, k]: readonly number[]): number => 10 + a[i!]! + b[j!]! + c[k!]!;

describe('the variance of a full factorial', () => {
  it('of main effects alone is theirs', () => {
    // Mean squares: a 1, b 8/3, c 1/4.
    const total = 1 + 8 / 3 + 1 / 4;
    const { method, axes, pairs } = varianceShares(designOf(sizes, combinations(sizes), additive));
    expect(method).toBe('exact');
    expectClose(axes!, [1 / total, 8 / 3 / total, 1 / 4 / total]);
    for (const { share } of pairs) expect(share).toBeCloseTo(0, 12);
  });

  it('gives an interaction to its two axes, and means that it does not change', () => {
    const total = 1 + 8 / 3 + 1 / 4 + 4 / 6;
    const shares = varianceShares(
      designOf(sizes, combinations(sizes), (cell) => additive(cell) + ab[cell[0]!]![cell[1]!]!),
    );
    expectClose(shares.axes!, [1 / total, 8 / 3 / total, 1 / 4 / total]);
    expect(shares.pairs.map(({ pair }) => pair)).toEqual([
      [0, 1],
      [0, 2],
      [1, 2],
    ]);
    expectClose(
      shares.pairs.map(({ share }) => share),
      [4 / 6 / total, 0, 0],
    );
    expectClose([...shares.means[1]!], [8, 10, 12]);
  });

  it('gives an interaction of three axes to none', () => {
    const sign = ([i, j, k]: readonly number[]): number => ((i! + k!) % 2 === 0 ? b[j!]! / 2 : -b[j!]! / 2);
    const total = 1 + 8 / 3 + 1 / 4 + 2 / 3;
    const { axes, pairs } = varianceShares(designOf(sizes, combinations(sizes), (cell) => additive(cell) + sign(cell)));
    expectClose(axes!, [1 / total, 8 / 3 / total, 1 / 4 / total]);
    for (const { share } of pairs) expect(share).toBeCloseTo(0, 12);
  });

  it('is the analysis of variance of any values, with equally many trials in each combination', () => {
    const random = createPrng(16);
    const cells = [...combinations([3, 2, 4]), ...combinations([3, 2, 4])];
    const design = designOf([3, 2, 4], cells, () => random.nextUint32() / 2 ** 32);
    const mean = (of: (cell: readonly number[]) => boolean): number => {
      const own = [...design.values].filter((_, trial) => of(cells[trial]!));
      return own.reduce((sum, value) => sum + value, 0) / own.length;
    };
    const grand = mean(() => true);
    const squares = (of: (cell: readonly number[]) => number): number =>
      cells.reduce((sum, cell) => sum + of(cell) ** 2, 0);
    const total = [...design.values].reduce((sum, value) => sum + (value - grand) ** 2, 0);
    const main = (axis: number) => (cell: readonly number[]) => mean((other) => other[axis] === cell[axis]) - grand;
    const both = (one: number, two: number) => (cell: readonly number[]) =>
      mean((other) => other[one] === cell[one] && other[two] === cell[two]) - grand - main(one)(cell) - main(two)(cell);
    const { axes, pairs } = varianceShares(design);
    expectClose(
      axes!,
      [0, 1, 2].map((axis) => squares(main(axis)) / total),
    );
    expectClose(
      pairs.map(({ share }) => share),
      [both(0, 1), both(0, 2), both(1, 2)].map((of) => squares(of) / total),
    );
  });

  it('is none where all values are equal', () => {
    const { axes, pairs } = varianceShares(designOf(sizes, combinations(sizes), () => 0.7));
    expect(axes).toBeNull();
    expect(pairs).toEqual([]);
  });
});

describe('the variance of an incomplete grid', () => {
  const noisy =
    (random = createPrng(4)) =>
    (cell: readonly number[]): number =>
      additive(cell) + ab[cell[0]!]![cell[1]!]! + (random.nextUint32() / 2 ** 32 - 0.5) / 5;

  it.each([
    ['with one combination missing', [7]],
    ['with a third missing', [0, 4, 7, 11]],
    ['with two levels never seen together', [0, 1]],
  ])('is that of the surrogate over all combinations, split by brute force: %s', (_, missing) => {
    const cells = combinations(sizes).filter((_, place) => !missing.includes(place));
    const design = designOf(sizes, cells, noisy());
    const { method, axes, pairs, means } = varianceShares(design);
    const brute = bruteForce(design, cells);
    expect(method).toBe('fitted');
    expectClose(axes!, brute.axes, 7);
    expectClose(
      pairs.map(({ share }) => share),
      brute.pairs,
      7,
    );
    expectClose([...means[1]!], brute.means[1]!, 7);
  });

  it('is near that of the full one where little is missing', () => {
    const cells = combinations([4, 4, 3]);
    const valueOf = ([i, j, k]: readonly number[]): number => i! * 3 + j! + (i! * j!) / 2 + k! / 4;
    const full = varianceShares(designOf([4, 4, 3], cells, valueOf));
    const part = varianceShares(
      designOf(
        [4, 4, 3],
        cells.filter((_, place) => place % 12 !== 5),
        valueOf,
      ),
    );
    for (const [axis, share] of full.axes!.entries()) expect(Math.abs(part.axes![axis]! - share)).toBeLessThan(0.02);
    for (const [at, { share }] of full.pairs.entries()) {
      expect(Math.abs(part.pairs[at]!.share - share)).toBeLessThan(0.02);
    }
  });

  it('counts an axis by the trials that it applies to, and knows no interaction with the one that decides', () => {
    // Mode 0 has alphas 0..3, mode 1 none, both at two sizes. Alpha adds -3, -1, 1, 3; size 0.
    const cells = [0, 1].flatMap((size) => [
      ...[0, 1, 2, 3].map((alpha) => [0, alpha, size]),
      [1, notApplicable, size],
    ]);
    const design = designOf([2, 4, 2], cells, ([mode, alpha]) => (mode === 0 ? 2 * alpha! - 3 : 0));
    const { axes, pairs, means } = varianceShares(design);
    // Mean square of alpha 5, over 8 of 10 trials, and nothing else.
    expectClose(axes!, [0, 1, 0], 4);
    expect(pairs.map(({ pair }) => pair)).toEqual([
      [0, 2],
      [1, 2],
    ]);
    expectClose([...means[1]!], [-3, -1, 1, 3], 4);
  });
});

function expectClose(actual: readonly number[], expected: readonly number[], digits = 10): void {
  expect(actual).toHaveLength(expected.length);
  for (const [at, value] of expected.entries()) expect(actual[at]).toBeCloseTo(value, digits);
}

/**
 * The same by the definition, without sparse columns or closed forms: a row of zeros and ones for
 * each trial, the penalty whose fits without one trial at a time predict it best, the surrogate
 * evaluated at each combination, and the analysis of variance of those.
 */
function bruteForce(design: AxisDesign, cells: readonly (readonly number[])[]) {
  // The penalty that makes the solution unique holds the constant near 0: it is taken off first.
  const center = design.values.reduce((sum, value) => sum + value, 0) / design.values.length;
  const all = combinations(design.sizes);
  const features = (cell: readonly number[]): number[] => [
    1,
    ...design.sizes.flatMap((size, axis) => Array.from({ length: size }, (_, level) => Number(cell[axis] === level))),
    ...[
      [0, 1],
      [0, 2],
      [1, 2],
    ].flatMap(([one, two]) =>
      combinations([design.sizes[one!]!, design.sizes[two!]!]).map(([x, y]) =>
        Number(cell[one!] === x && cell[two!] === y),
      ),
    ),
  ];
  const mainCount = 1 + design.sizes.reduce((sum, size) => sum + size, 0);
  const fit = (trials: readonly number[], penalty: number): ((cell: readonly number[]) => number) => {
    const rows = trials.map((trial) => features(cells[trial]!));
    const count = rows[0]!.length;
    const matrix = Array.from({ length: count }, (_, i) => [
      ...Array.from(
        { length: count },
        (_, j) =>
          rows.reduce((sum, row) => sum + row[i]! * row[j]!, 0) + (i === j ? (i < mainCount ? 1e-6 : penalty) : 0),
      ),
      rows.reduce((sum, row, at) => sum + row[i]! * (design.values[trials[at]!]! - center), 0),
    ]);
    const solution = eliminate(matrix);
    return (cell) => features(cell).reduce((sum, feature, at) => sum + feature * solution[at]!, center);
  };
  const trials = cells.map((_, trial) => trial);
  const errors = [100, 10, 1, 0.1, 0.01].map((penalty) => ({
    penalty,
    error: trials.reduce((sum, left) => {
      const predict = fit(
        trials.filter((trial) => trial !== left),
        penalty,
      );
      return sum + (design.values[left]! - predict(cells[left]!)) ** 2;
    }, 0),
  }));
  const { penalty } = errors.reduce((least, other) => (other.error < least.error ? other : least));
  const surrogate = fit(trials, penalty);
  const values = all.map(surrogate);
  const mean = (of: (cell: readonly number[]) => boolean): number => {
    const own = values.filter((_, at) => of(all[at]!));
    return own.reduce((sum, value) => sum + value, 0) / own.length;
  };
  const grand = mean(() => true);
  const meanSquare = (of: (cell: readonly number[]) => number): number =>
    all.reduce((sum, cell) => sum + of(cell) ** 2, 0) / all.length;
  const main = (axis: number) => (cell: readonly number[]) => mean((other) => other[axis] === cell[axis]) - grand;
  const both = (one: number, two: number) => (cell: readonly number[]) =>
    mean((other) => other[one] === cell[one] && other[two] === cell[two]) - grand - main(one)(cell) - main(two)(cell);
  const rest = trials.reduce((sum, trial) => sum + (design.values[trial]! - surrogate(cells[trial]!)) ** 2, 0);
  const total = values.reduce((sum, value) => sum + (value - grand) ** 2, 0) / all.length + rest / trials.length;
  return {
    axes: [0, 1, 2].map((axis) => meanSquare(main(axis)) / total),
    pairs: [both(0, 1), both(0, 2), both(1, 2)].map((of) => meanSquare(of) / total),
    means: design.sizes.map((size, axis) =>
      Array.from({ length: size }, (_, level) => mean((cell) => cell[axis] === level)),
    ),
  };
}

/** Solves a linear system with its right side as last column, by Gauss with pivots. */
function eliminate(matrix: number[][]): number[] {
  const size = matrix.length;
  for (let column = 0; column < size; column += 1) {
    const pivot = matrix.reduce(
      (best, row, at) => (at >= column && Math.abs(row[column]!) > Math.abs(matrix[best]![column]!) ? at : best),
      column,
    );
    [matrix[column], matrix[pivot]] = [matrix[pivot]!, matrix[column]!];
    for (const [at, row] of matrix.entries()) {
      if (at === column) continue;
      const factor = row[column]! / matrix[column]![column]!;
      for (let place = column; place <= size; place += 1) row[place]! -= factor * matrix[column]![place]!;
    }
  }
  return matrix.map((row, at) => row[size]! / row[at]!);
}
