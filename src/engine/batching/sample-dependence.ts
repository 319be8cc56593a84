import { findLayout, type SampleLayout } from './sample-layout.js';
import type { FloatTensor } from '../session/session.js';

/**
 * Runs of the first sample in all rows, of the second, of both mixed, and of the same mixture in
 * reverse.
 */
export type Four<T> = readonly [first: T, second: T, mixed: T, reversed: T];

/** Of sums over a tensor whose samples changed places, relative. */
const PLACE_TOLERANCE = 1e-4;

/** What keeps samples of a run from being independent. */
export interface Dependence {
  readonly what: string;
  /** Samples influence each other; else only their place in the batch matters. */
  readonly isInfluence: boolean;
}

/**
 * What the runs show of one tensor; null where samples neither influence each other nor hang on
 * their places.
 */
export function dependenceIn(
  tensor: string,
  [first, second, mixed, reversed]: Four<FloatTensor>,
  tolerance: number,
): Dependence | null {
  const shapes = [first, second, reversed].map(({ dims }) => dims.join());
  if (shapes.some((shape) => shape !== mixed.dims.join())) {
    return { what: `the shape of "${tensor}" depends on what is in the batch`, isInfluence: true };
  }
  const margin = tolerance * Math.max(absmax(first.data), absmax(second.data));
  const isOne = (value: number, i: number): boolean =>
    isNear(value, first.data[i]!, margin) || isNear(value, second.data[i]!, margin);
  if (!mixed.data.every(isOne) || !reversed.data.every(isOne)) {
    return { what: `its samples influence each other (seen in "${tensor}")`, isInfluence: true };
  }
  const moments = [mixed, reversed].map(({ data }) => momentsOf(data)) as [Moments, Moments];
  const [a, b] = moments;
  const isMoved =
    Math.abs(a.sum - b.sum) > PLACE_TOLERANCE * a.magnitude ||
    Math.abs(a.squares - b.squares) > PLACE_TOLERANCE * a.squares;
  return isMoved
    ? {
        what: `what it does to a sample depends on the sample's place in the batch (seen in "${tensor}")`,
        isInfluence: false,
      }
    : null;
}

/**
 * Where the samples lie in a tensor; null where that can't be told.
 *
 * @param places of the mixture: 0 for the first sample, 1 for the second
 */
export function layoutOf(
  [first, second, mixed, reversed]: Four<FloatTensor>,
  places: readonly number[],
  tolerance: number,
): SampleLayout | null {
  const margin = tolerance * Math.max(absmax(first.data), absmax(second.data));
  const rows = places.length;
  const own = (row: number): FloatTensor => (places[row] === 0 ? first : second);
  const ownReversed = (row: number): FloatTensor => (places[rows - 1 - row] === 0 ? first : second);
  return findLayout(
    mixed.data.length,
    rows,
    (i, row) =>
      isNear(mixed.data[i]!, own(row).data[i]!, margin) && isNear(reversed.data[i]!, ownReversed(row).data[i]!, margin),
  );
}

function isNear(a: number, b: number, margin: number): boolean {
  return a === b || Math.abs(a - b) <= margin || (Number.isNaN(a) && Number.isNaN(b));
}

interface Moments {
  readonly sum: number;
  readonly magnitude: number;
  readonly squares: number;
}

function momentsOf(data: Float32Array): Moments {
  let sum = 0;
  let magnitude = 0;
  let squares = 0;
  for (const value of data) {
    sum += value;
    magnitude += Math.abs(value);
    squares += value * value;
  }
  return { sum, magnitude, squares };
}

function absmax(data: Float32Array): number {
  let most = 0;
  for (const value of data) if (Math.abs(value) > most) most = Math.abs(value);
  return most;
}
