import { momentLayout } from '../../calibrate/moments/moment-layout.js';
import type { Rounding } from '../../experiment/sections/quantization.js';
import type { WeightLayout } from '../../onnx/layers/weight-layout.js';
import type { MomentBlock } from '../../records/moments-record.js';
import { Arena, padded, type Matrix } from './arena.js';
import { COLUMN_BLOCK } from './column-block.js';
import { descendRow } from './descend.js';
import { gptqFactor, roundGptq, type GptqFactor } from './gptq.js';
import { fillMomentMatrix, type MomentsView } from './moment-matrix.js';
import { addOutputErrors } from './output-errors.js';
import { nearestLevel, type RowLevels } from './row-levels.js';
import { readRows, weightRows, writeRow, type WeightRows } from './weight-rows.js';

/** Output channels that are worked on together: what of them caches hold. */
const ROWS = 128;

/** One of all layers of this process. */
let shared: Arena | null = null;

/** The weights that read one block of a layer's moments, and the block. */
export class BlockProblem {
  readonly #weight: Float32Array;
  readonly #place: WeightRows;
  readonly #arena: Arena;
  readonly #moments: Matrix;
  readonly #factor: Matrix;
  readonly #weights: Matrix;
  readonly #changes: Matrix;
  readonly #slopes: Matrix;
  readonly #scratch: Matrix;

  /**
   * Until the next problem is made, which takes its memory.
   *
   * @throws NonFiniteError for moments that are not finite
   */
  constructor(weight: Float32Array, layout: WeightLayout, view: MomentsView, block: MomentBlock) {
    this.#weight = weight;
    this.#place = weightRows(layout, block);
    const { columns, outputs } = this.#place;
    const rows = Math.min(ROWS, outputs);
    this.#arena = shared ??= new Arena();
    this.#arena.reset(arenaNumbers(columns, outputs));
    this.#moments = this.#arena.matrix(columns, columns);
    this.#factor = this.#arena.matrix(columns, columns);
    this.#weights = this.#arena.matrix(rows, columns);
    this.#changes = this.#arena.matrix(rows, columns);
    this.#slopes = this.#arena.matrix(rows, columns);
    this.#scratch = this.#arena.matrix(Math.max(rows, columns), COLUMN_BLOCK);
    fillMomentMatrix(view, block, this.#moments);
  }

  /**
   * Adds `dw H dw^T` of the nearest levels to the errors of the output channels, `[O]`, for each
   * choice of levels.
   */
  addNearestErrors(choices: readonly ((output: number) => RowLevels)[], errors: readonly Float64Array[]): void {
    for (const { first, count } of this.#chunks()) {
      const from = this.#place.firstOutput + first;
      for (const [index, levelsOf] of choices.entries()) {
        this.#changeToNearest(first, count, levelsOf, null);
        this.#addErrors(this.#changes, count, errors[index]!.subarray(from, from + count));
      }
    }
  }

  /** Adds `dw H dw^T` of other weights to the errors of the output channels, `[O]`. */
  addErrorsOf(other: Float32Array, errors: Float64Array): void {
    const { columns, firstOutput } = this.#place;
    for (const { first, count } of this.#chunks()) {
      readRows(other, this.#place, first, count, this.#changes);
      for (let row = 0; row < count; row++) {
        const at = row * this.#changes.stride;
        for (let k = at; k < at + columns; k++) this.#changes.data[k]! -= this.#weights.data[k]!;
      }
      this.#addErrors(this.#changes, count, errors.subarray(firstOutput + first, firstOutput + first + count));
    }
  }

  /**
   * Rounds the weights and writes the values of those output channels for which that is better than
   * the nearest levels.
   *
   * @param values of the whole weight, at the nearest levels
   */
  round(rounding: Exclude<Rounding, 'nearest'>, levelsOf: (output: number) => RowLevels, values: Float32Array): void {
    const { columns } = this.#place;
    const factor = gptqFactor(this.#arena, this.#moments, columns, this.#factor, this.#scratch);
    if (factor === null) return;
    const nearest = new Int32Array(this.#weights.data.length);
    for (const { first, count } of this.#chunks()) {
      this.#changeToNearest(first, count, levelsOf, nearest);
      const errors = new Float64Array(count);
      this.#addErrors(this.#changes, count, errors);
      const rows = this.#rowLevels(first, count, levelsOf);
      const levels = this.#gptq(factor, rows, nearest);
      this.#fillSlopes(count);
      for (const [row, own] of rows.entries()) {
        if (rounding === 'gptq-descent') {
          descendRow(row, columns, own, levels, this.#changes, this.#slopes, this.#moments);
        }
        if (!(this.#errorOf(row) < errors[row]!)) continue;
        const at = row * this.#weights.stride;
        writeRow(values, this.#place, first + row, (column) => levels[at + column]! * own.scale);
      }
    }
  }

  *#chunks(): Generator<{ readonly first: number; readonly count: number }> {
    const { outputs } = this.#place;
    for (let first = 0; first < outputs; first += ROWS) {
      const count = Math.min(ROWS, outputs - first);
      readRows(this.#weight, this.#place, first, count, this.#weights);
      yield { first, count };
    }
  }

  #rowLevels(first: number, count: number, levelsOf: (output: number) => RowLevels): readonly RowLevels[] {
    return Array.from({ length: count }, (_, row) => levelsOf(this.#place.firstOutput + first + row));
  }

  #changeToNearest(
    first: number,
    count: number,
    levelsOf: (output: number) => RowLevels,
    levels: Int32Array | null,
  ): void {
    const { data, stride } = this.#weights;
    for (const [row, own] of this.#rowLevels(first, count, levelsOf).entries()) {
      for (let k = row * stride; k < row * stride + this.#place.columns; k++) {
        const level = nearestLevel(data[k]!, own);
        if (levels !== null) levels[k] = level;
        this.#changes.data[k] = level * own.scale - data[k]!;
      }
    }
  }

  #addErrors(changes: Matrix, rows: number, errors: Float64Array): void {
    addOutputErrors(this.#arena, changes, rows, this.#moments, this.#place.columns, this.#scratch, errors);
  }

  /** The levels that GPTQ finds; those of dead inputs are the nearest. Sets the changes. */
  #gptq(factor: GptqFactor, rows: readonly RowLevels[], nearest: Int32Array): Int32Array {
    // Errors in the order of the factor.
    const errors = this.#slopes;
    errors.data.fill(0);
    roundGptq(this.#arena, factor, this.#weights, rows.length, rows, errors, this.#scratch);
    const levels = nearest.slice();
    const { data, stride } = this.#weights;
    for (const [row, { scale }] of rows.entries()) {
      for (const [position, column] of factor.order.entries()) {
        const at = row * stride + column;
        const error = errors.data[row * stride + position]!;
        this.#changes.data[at] = error;
        levels[at] = Math.round((error + data[at]!) / scale);
      }
    }
    return levels;
  }

  /** `e H` of the changes. */
  #fillSlopes(rows: number): void {
    const columns = this.#moments.rows;
    this.#slopes.data.fill(0);
    const product = { firstA: 0, rows, firstB: 0, columns, depth: columns };
    this.#arena.multiplyAdd(this.#slopes, this.#changes, this.#moments, product);
  }

  /** `e H e^T` of one row from its slopes. */
  #errorOf(row: number): number {
    const { data: e, stride } = this.#changes;
    let error = 0;
    for (let k = row * stride; k < row * stride + this.#place.columns; k++) error += e[k]! * this.#slopes.data[k]!;
    return error;
  }
}

/** Numbers that the matrices of a block take, by its columns and the outputs that read it. */
function arenaNumbers(columns: number, outputs: number): number {
  const [size, rows] = [padded(columns), padded(Math.min(ROWS, outputs))];
  return 2 * size * size + 3 * rows * size + Math.max(rows, size) * COLUMN_BLOCK;
}

/**
 * Bytes that rounding takes beside a layer's weight and moments. A process keeps those of the
 * largest layer.
 */
export function roundingBytes(layout: WeightLayout): number {
  return 8 * arenaNumbers(momentLayout(layout).blockColumns, layout.outputsPerGroup);
}
