import { oneOf } from '../../../schema/schema-leaves.js';

export const activation = oneOf(
  ['none', 'sigmoid', 'softmax'],
  'What makes probabilities of scores: nothing, where the graph has done it; sigmoid; or softmax over the classes of a box.',
);

export const background = oneOf(
  ['none', 'first', 'last'],
  'Which column of the scores is the background: none, the first or the last.',
);

export function sigmoid(value: number): number {
  return 1 / (1 + Math.exp(-value));
}

/** Classes among columns of scores. */
export interface ClassColumns {
  readonly scores: Float32Array | Float64Array;
  /** Of the first class. */
  readonly offset: number;
  readonly classes: number;
}

/**
 * Probabilities of the classes of boxes, `[boxes, columns]`, softmax over all columns, the
 * background's too.
 */
export function classColumns(
  data: Float32Array,
  columns: number,
  by: 'none' | 'sigmoid' | 'softmax',
  behind: 'none' | 'first' | 'last',
): ClassColumns {
  const offset = behind === 'first' ? 1 : 0;
  const classes = classCount(columns, behind);
  if (by === 'none') return { scores: data, offset, classes };
  const scores = new Float64Array(data.length);
  for (let row = 0; row < data.length; row += columns) {
    if (by === 'sigmoid') for (let at = row; at < row + columns; at += 1) scores[at] = sigmoid(data[at]!);
    else softmaxRow(data, row, columns, scores);
  }
  return { scores, offset, classes };
}

/** Columns without that of the background. */
export function classCount(columns: number, behind: 'none' | 'first' | 'last'): number {
  return behind === 'none' ? columns : columns - 1;
}

function softmaxRow(data: Float32Array, row: number, columns: number, into: Float64Array): void {
  let largest = Number.NEGATIVE_INFINITY;
  for (let at = row; at < row + columns; at += 1) largest = Math.max(largest, data[at]!);
  let sum = 0;
  for (let at = row; at < row + columns; at += 1) sum += into[at] = Math.exp(data[at]! - largest);
  for (let at = row; at < row + columns; at += 1) into[at]! /= sum;
}
