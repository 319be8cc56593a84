import { axisPairs, isFullFactorial, type AxisDesign, type AxisPair } from './axis-design.js';
import { fitVariance } from './fitted-variance.js';
import { meanSquare, type VarianceParts } from './variance-parts.js';

/** How the variance of the values spreads over the axes. Shares are of the whole, 0 to 1. */
export interface VarianceShares {
  /** `exact`: sums of squares of a full factorial. `fitted`: of a surrogate, fitVariance. */
  readonly method: 'exact' | 'fitted';
  /** `[axes]`; null where all values are equal, and there is no variance to share. */
  readonly axes: readonly number[] | null;
  /** Pairs of axes that can interact, in order of the axes. */
  readonly pairs: readonly { readonly pair: AxisPair; readonly share: number }[];
  /** `[axes][levels]`: mean value over all combinations of the other axes. */
  readonly means: readonly Float64Array[];
}

/** A spread below this share of the values is rounding. */
const ROUNDING = 1e-12;

/**
 * Splits the variance of the values into main effects and two-way interactions (Fisher 1925). In a
 * full factorial these are the sums of squares of the analysis of variance: with m the mean, m_a of
 * a level and m_ab of two, those of (m_a - m) and (m_ab - m_a - m_b + m) over all trials. What
 * interactions of three and more axes explain is in the whole but in no share. Where combinations
 * are missing, or an axis does not apply to all trials, see {@link fitVariance}.
 */
export function varianceShares(design: AxisDesign): VarianceShares {
  const full = isFullFactorial(design);
  const { total, axes, pairs, means } = full ? factorialVariance(design) : fitVariance(design);
  const largest = design.values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const share = total > (ROUNDING * largest) ** 2 ? (part: number): number => part / total : null;
  return {
    method: full ? 'exact' : 'fitted',
    axes: share === null ? null : axes.map(share),
    pairs: share === null ? [] : pairs.map(({ pair, variance }) => ({ pair, share: share(variance) })),
    means,
  };
}

function factorialVariance(design: AxisDesign): VarianceParts {
  const { sizes, levels, values } = design;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const means = sizes.map((size, axis) => cellMeans(values, size, (trial) => levels[axis]![trial]!));
  const pairs = axisPairs(design).map((pair) => {
    const [one, other] = pair;
    const [width, height] = [sizes[other]!, sizes[one]!];
    const cells = cellMeans(values, height * width, (trial) => levels[one]![trial]! * width + levels[other]![trial]!);
    const variance = meanSquare(
      cells.map((cell, at) => cell - means[one]![Math.floor(at / width)]! - means[other]![at % width]! + mean),
    );
    return { pair, variance };
  });
  return {
    total: meanSquare(values.map((value) => value - mean)),
    axes: means.map((ofLevels) => meanSquare(ofLevels.map((level) => level - mean))),
    pairs,
    means,
  };
}

function cellMeans(values: Float64Array, cells: number, cellOf: (trial: number) => number): Float64Array {
  const sums = new Float64Array(cells);
  const counts = new Int32Array(cells);
  for (const [trial, value] of values.entries()) {
    sums[cellOf(trial)]! += value;
    counts[cellOf(trial)]! += 1;
  }
  return sums.map((sum, cell) => sum / counts[cell]!);
}
