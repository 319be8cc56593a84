import { MetricError } from '../../metric-error.js';

/** Cells of a level of a pyramid, row by row. */
export interface GridLevel {
  readonly stride: number;
  readonly rows: number;
  readonly columns: number;
  /** The first box of the level. */
  readonly first: number;
}

/**
 * The levels of boxes that lie one after the other: by strides, then rows, then columns. A level
 * has ceil(H / stride) rows and ceil(W / stride) columns.
 *
 * @param input height and width of a sample; null: it is taken as a square of whatever size gives
 *   so many boxes
 * @throws MetricError where there is no such size, or it gives another number of boxes
 */
export function gridLevels(
  strides: readonly number[],
  boxes: number,
  input: readonly [number, number] | null,
  perCell = 1,
): readonly GridLevel[] {
  if (input !== null) {
    const levels = levelsOf(strides, input, perCell);
    const count = countOf(levels, perCell);
    if (count === boxes) return levels;
    throw new MetricError(
      `Expected ${count} boxes, by strides ${strides.join(', ')} over a sample of ${input[0]}x${input[1]}, got ${boxes}. ` +
        'Check task.head.strides and the size of samples (task.input).',
    );
  }
  const side = Math.sqrt(boxes / perCell / strides.reduce((sum, stride) => sum + 1 / stride ** 2, 0));
  for (const candidate of [Math.round(side), Math.floor(side), Math.ceil(side)]) {
    const levels = levelsOf(strides, [candidate, candidate], perCell);
    if (countOf(levels, perCell) === boxes) return levels;
  }
  throw new MetricError(
    `Expected the boxes of a square sample with strides ${strides.join(', ')}, got ${boxes}. ` +
      'Set task.input to the height and width of a sample.',
  );
}

/** The level of a box. */
export function levelOf(levels: readonly GridLevel[], box: number): GridLevel {
  let level = levels.length - 1;
  while (levels[level]!.first > box) level -= 1;
  return levels[level]!;
}

function levelsOf(strides: readonly number[], input: readonly [number, number], perCell: number): readonly GridLevel[] {
  let first = 0;
  return strides.map((stride) => {
    const [rows, columns] = [Math.ceil(input[0] / stride), Math.ceil(input[1] / stride)];
    const level = { stride, rows, columns, first };
    first += rows * columns * perCell;
    return level;
  });
}

function countOf(levels: readonly GridLevel[], perCell: number): number {
  const last = levels.at(-1)!;
  return last.first + last.rows * last.columns * perCell;
}
