import { axisPairs, notApplicable, type AxisDesign, type AxisPair } from './axis-design.js';
import { cholesky, invertLower, solveCholesky } from './cholesky.js';
import { meanSquare, type VarianceParts } from './variance-parts.js';

/** Trials by which an interaction is held to be none; see {@link fitVariance}. */
const penalties = [100, 10, 1, 0.1, 0.01];
/** Of main effects: as good as none, but the solution stays unique. */
const MAIN_PENALTY = 1e-6;
/** Coefficients up to which the penalty is chosen, and up to which pairs of axes are fitted. */
const mostChosen = 300;
const mostFitted = 1000;
/** What is as good as a leverage of 1: the trial decides its own fitted value. */
const FULL_LEVERAGE = 1 - 1e-9;

/** The columns of a design: one for each level of an axis, and for each two seen together. */
interface Columns {
  readonly count: number;
  /** First column of each axis. */
  readonly mains: readonly number[];
  readonly pairs: readonly PairColumns[];
  /** `[trials]`: the columns that are 1. */
  readonly active: readonly (readonly number[])[];
}

interface PairColumns {
  readonly pair: AxisPair;
  /** level of the one * size of the other + level of the other -> column */
  readonly cells: ReadonlyMap<number, number>;
}

/**
 * Splits the variance of an incomplete grid. A surrogate stands in for the missing combinations:
 *
 *   f(x) = m + sum_i a_i(x_i) + sum_i<j b_ij(x_i, x_j)
 *
 * fitted by least squares, with a penalty on the squares of b as of `penalty` more trials in each
 * combination that show no interaction. The penalty is the one of 100, 10, 1, 0.1, 0.01 with the
 * smallest leave-one-out error (Allen's PRESS; 1 where there are more than 300 coefficients, for
 * which that would take long). The variance of f over all combinations, each level of an axis
 * weighing alike, is split by its functional analysis of variance (Hoeffding 1948; Hutter, Hoos and
 * Leyton-Brown 2014, ICML, whose surrogate is a forest). For this f the split has a closed form:
 * the mean squares of the centered a and b, and in a full grid it is that of the sums of squares; a
 * forest's depends on its seed. The whole is the variance of f and the mean square of what f
 * leaves of the trials.
 *
 * An axis that does not apply to some trials adds nothing to f there, and its variance counts by
 * the share of the trials that have it. Two axes interact only where two levels of the one are seen
 * with the same two of the other. Where that makes more than 1000 coefficients, the pairs with the
 * most combinations are left out.
 */
export function fitVariance(design: AxisDesign): VarianceParts {
  const { values, sizes, levels } = design;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const columns = columnsOf(design);
  const fit = bestFit(
    columns,
    values.map((value) => value - mean),
  );
  const mains = sizes.map((size, axis) => fit.coefficients.slice(columns.mains[axis], columns.mains[axis]! + size));
  const pairs = columns.pairs.map(({ pair, cells }) => {
    const { variance, rows, others } = centered(pair, cells, fit.coefficients, sizes);
    // What of an interaction is the same for all levels of the other axis is a main effect.
    for (const [level, part] of rows) mains[pair[0]]![level]! += part;
    for (const [level, part] of others) mains[pair[1]]![level]! += part;
    return { pair, variance: variance * shareOfTrials(pair, levels) };
  });
  const centers = mains.map((ofLevels) => ofLevels.reduce((sum, value) => sum + value, 0) / ofLevels.length);
  const axes = mains.map(
    (ofLevels, axis) => meanSquare(ofLevels.map((value) => value - centers[axis]!)) * shareOfTrials([axis], levels),
  );
  const explained = [...axes, ...pairs.map(({ variance }) => variance)].reduce((sum, part) => sum + part, 0);
  const middle = mean + fit.coefficients[columns.count - 1]! + centers.reduce((sum, center) => sum + center, 0);
  return {
    total: explained + meanSquare(fit.residuals),
    axes,
    pairs,
    means: mains.map((ofLevels, axis) => ofLevels.map((value) => middle + value - centers[axis]!)),
  };
}

function shareOfTrials(axes: readonly number[], levels: readonly Int32Array[]): number {
  const first = levels[axes[0]!]!;
  const applied = first.filter((_, trial) => axes.every((axis) => levels[axis]![trial] !== notApplicable));
  return applied.length / first.length;
}

function columnsOf(design: AxisDesign): Columns {
  const { sizes, levels, values } = design;
  let count = 0;
  const mains = sizes.map((size) => (count += size) - size);
  const combinations = axisPairs(design)
    .map((pair) => ({ pair, cells: seenCells(pair, design) }))
    .filter(({ pair, cells }) => hasRectangle(cells, sizes[pair[1]]!));
  const bySize = [...combinations].sort((a, b) => a.cells.length - b.cells.length);
  const kept = new Set<AxisPair>();
  let fitted = count;
  for (const { pair, cells } of bySize) {
    fitted += cells.length;
    if (fitted < mostFitted) kept.add(pair);
  }
  const pairs = combinations
    .filter(({ pair }) => kept.has(pair))
    .map(({ pair, cells }) => ({ pair, cells: new Map(cells.map((cell) => [cell, count++])) }));
  const mean = count++;
  const active = Array.from(values, (_, trial) => [
    ...mains.flatMap((first, axis) => {
      const level = levels[axis]![trial]!;
      return level === notApplicable ? [] : [first + level];
    }),
    ...pairs.flatMap(({ pair, cells }) => cells.get(cellOf(pair, design, trial)) ?? []),
    mean,
  ]);
  return { count, mains, pairs, active };
}

/** The combination of two axes that a trial has; -1 where one of them does not apply. */
function cellOf([one, other]: AxisPair, { levels, sizes }: AxisDesign, trial: number): number {
  const [a, b] = [levels[one]![trial]!, levels[other]![trial]!];
  return a === notApplicable || b === notApplicable ? -1 : a * sizes[other]! + b;
}

function seenCells(pair: AxisPair, design: AxisDesign): number[] {
  const cells = new Set(Array.from(design.values, (_, trial) => cellOf(pair, design, trial)));
  cells.delete(-1);
  return [...cells].sort((a, b) => a - b);
}

/** Whether two levels of the one axis are seen with the same two of the other, `[width]`. */
function hasRectangle(cells: readonly number[], width: number): boolean {
  const rows = new Map<number, Set<number>>();
  for (const cell of cells) {
    const row = Math.floor(cell / width);
    rows.set(row, (rows.get(row) ?? new Set()).add(cell % width));
  }
  const sets = [...rows.values()];
  const shared = (one: Set<number>, other: Set<number>): number => [...one].filter((level) => other.has(level)).length;
  return sets.some((one, at) => sets.slice(at + 1).some((other) => shared(one, other) >= 2));
}

interface Fit {
  readonly coefficients: Float64Array;
  readonly residuals: Float64Array;
}

/** The fit with the smallest leave-one-out error; of equal ones that with the larger penalty. */
function bestFit(columns: Columns, values: Float64Array): Fit {
  const choice = columns.pairs.length === 0 || columns.count > mostChosen ? [1] : penalties;
  let best: Fit | null = null;
  let least = Infinity;
  for (const penalty of choice) {
    const { fit, error } = fitWith(columns, values, penalty, choice.length > 1);
    if (best === null || error < least) [best, least] = [fit, error];
  }
  return best!;
}

function fitWith({ count, mains, pairs, active }: Columns, values: Float64Array, penalty: number, isJudged: boolean) {
  const matrix = new Float64Array(count * count);
  const right = new Float64Array(count);
  for (const [trial, own] of active.entries()) {
    for (const row of own) {
      right[row]! += values[trial]!;
      for (const column of own) matrix[row * count + column]! += 1;
    }
  }
  const firstOfPairs = count - 1 - pairs.reduce((sum, { cells }) => sum + cells.size, 0);
  for (let column = 0; column < count; column += 1) {
    matrix[column * count + column]! += column >= firstOfPairs && column < count - 1 ? penalty : MAIN_PENALTY;
  }
  const lower = cholesky(matrix, count);
  if (lower === null) throw new RangeError(`Expected a definite matrix of ${mains.length} axes and their penalties`);
  const coefficients = solveCholesky(lower, right);
  const residuals = values.map(
    (value, trial) => value - active[trial]!.reduce((sum, column) => sum + coefficients[column]!, 0),
  );
  return { fit: { coefficients, residuals }, error: isJudged ? leaveOneOutError(lower, count, active, residuals) : 0 };
}

/** Sum of the squares of residual / (1 - leverage). */
function leaveOneOutError(
  lower: Float64Array,
  count: number,
  active: Columns['active'],
  residuals: Float64Array,
): number {
  const inverse = invertLower(lower, count);
  return residuals.reduce((sum, residual, trial) => {
    let leverage = 0;
    for (let row = 0; row < count; row += 1) {
      let entry = 0;
      for (const column of active[trial]!) if (column <= row) entry += inverse[row * count + column]!;
      leverage += entry ** 2;
    }
    return sum + (leverage > FULL_LEVERAGE ? Infinity : (residual / (1 - leverage)) ** 2);
  }, 0);
}

/**
 * An interaction over all combinations of the levels that it has (0 where one is not seen), without
 * the means of its rows and columns, which belong to the axes.
 */
function centered(
  [, other]: AxisPair,
  cells: ReadonlyMap<number, number>,
  coefficients: Float64Array,
  sizes: readonly number[],
) {
  const width = sizes[other]!;
  const [rows, others] = [new Map<number, number>(), new Map<number, number>()];
  for (const cell of cells.keys()) {
    rows.set(Math.floor(cell / width), 0);
    others.set(cell % width, 0);
  }
  const count = rows.size * others.size;
  let mean = 0;
  for (const [cell, column] of cells) {
    const value = coefficients[column]!;
    mean += value / count;
    rows.set(Math.floor(cell / width), rows.get(Math.floor(cell / width))! + value / others.size);
    others.set(cell % width, others.get(cell % width)! + value / rows.size);
  }
  let squares = 0;
  for (const [row, ofRow] of rows) {
    for (const [column, ofColumn] of others) {
      const index = cells.get(row * width + column);
      squares += ((index === undefined ? 0 : coefficients[index]!) - ofRow - ofColumn + mean) ** 2;
    }
  }
  // The mean goes to the one axis and is taken off the other, so that f stays what it is.
  for (const [column, value] of others) others.set(column, value - mean);
  return { variance: squares / count, rows, others };
}
