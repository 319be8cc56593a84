import type { CrossMoments } from '../../calibrate/moments/cross-moments-accumulator.js';
import type { WeightLayout } from '../../onnx/layers/weight-layout.js';
import { momentBlocks, type MomentBlock } from '../../records/moments-record.js';
import { NonFiniteError } from '../../records/non-finite-error.js';
import { Arena, padded, type Matrix } from './arena.js';
import { factorCholesky } from './cholesky.js';
import { COLUMN_BLOCK } from './column-block.js';
import { DAMPING, flip, MOST_RAISES } from './gptq.js';
import { fillMomentMatrix } from './moment-matrix.js';
import { readRows, weightRows, writeRow, type WeightRows } from './weight-rows.js';

/** What the integers of a layer aim at where its inputs are not FP32's. */
export interface TargetWeight {
  /** Of the weight's shape. */
  readonly values: Float32Array;
  /**
   * `W (E[u v^T] - E[v v^T])`, of the weight's shape: with e = Q - W, the error that weights Q make
   * is `e E[v v^T] e^T - 2 e slopes^T`, but for what is the same of all Q.
   */
  readonly slopes: Float64Array;
}

/** Output channels that are worked on together. */
const ROWS = 128;

let arena: Arena | null = null;

/**
 * The float weight that is best on the inputs v that a layer gets, where W is right on u: of least
 * `E|W u - T v|^2 + d |T - W|^2`,
 *
 *     T = W + W (E[u v^T] - E[v v^T]) (E[v v^T] + d I)^-1
 *
 * with d a hundredth of the mean of the diagonal, as GPTQ damps (arXiv 2210.17323). Where v is u, T
 * is W, and so it is for inputs that are always 0, and along whatever the samples tell nothing of.
 * Products across blocks count as 0.
 *
 * @param weight W behind smoothing
 * @param s what u is divided by in front of `weight`, `[I]`; 1 of FP32's weight
 * @param centered moments about the mean, for a bias that takes the mean off
 * @throws NonFiniteError naming the layer
 */
export function targetWeight(
  weight: Float32Array,
  layout: WeightLayout,
  moments: CrossMoments,
  s: Float32Array,
  centered: boolean,
): TargetWeight {
  const values = weight.slice();
  const slopes = new Float64Array(weight.length);
  let crossOffset = 0;
  for (const block of momentBlocks(moments.quantized)) {
    const place = weightRows(layout, block);
    aimBlock({ weight, place, moments, s, centered, block, crossOffset }, values, slopes);
    crossOffset += block.columns ** 2;
  }
  if (!slopes.every(Number.isFinite)) {
    throw new NonFiniteError(`the second moments of the input of layer "${moments.quantized.layer}"`);
  }
  return { values, slopes };
}

interface Block {
  readonly weight: Float32Array;
  readonly place: WeightRows;
  readonly moments: CrossMoments;
  readonly s: Float32Array;
  readonly centered: boolean;
  readonly block: MomentBlock;
  /** Where its square begins in `CrossMoments.cross`. */
  readonly crossOffset: number;
}

function aimBlock(own: Block, values: Float32Array, slopes: Float64Array): void {
  const { weight, place } = own;
  const { columns, outputs } = place;
  const height = Math.min(ROWS, outputs);
  const work = (arena ??= new Arena());
  work.reset(arenaNumbers(columns, outputs));
  const factor = work.matrix(columns, columns);
  const differences = work.matrix(columns, columns);
  const rows = work.matrix(height, columns);
  const results = work.matrix(height, columns);
  const scratch = work.matrix(Math.max(height, columns), COLUMN_BLOCK);
  const isFactored = fillFactor(work, own, factor, differences, scratch);
  // Of all output channels: the factor is turned over in between.
  const halves = new Float64Array(outputs * columns);
  for (const { first, count } of chunks(outputs)) {
    readRows(weight, place, first, count, rows);
    results.data.fill(0);
    work.multiplyAdd(results, rows, differences, {
      firstA: 0,
      rows: count,
      firstB: 0,
      columns,
      depth: columns,
    });
    for (let row = 0; row < count; row++) {
      const at = row * results.stride;
      writeRow(slopes, place, first + row, (column) => results.data[at + column]!);
    }
    if (!isFactored) continue;
    solveLower(work, factor, columns, results, count, scratch);
    for (let row = 0; row < count; row++) {
      const at = row * results.stride;
      // Backwards, as the factor will be.
      for (let column = 0; column < columns; column++) {
        halves[(first + row) * columns + columns - 1 - column] = results.data[at + column]!;
      }
    }
  }
  if (!isFactored) return;
  flip(factor, columns);
  for (const { first, count } of chunks(outputs)) {
    for (let row = 0; row < count; row++) {
      results.data.set(halves.subarray((first + row) * columns, (first + row + 1) * columns), row * results.stride);
    }
    solveLower(work, factor, columns, results, count, scratch);
    readRows(weight, place, first, count, rows);
    for (let row = 0; row < count; row++) {
      const at = row * results.stride;
      writeRow(
        values,
        place,
        first + row,
        (column) => rows.data[at + column]! + results.data[at + columns - 1 - column]!,
      );
    }
  }
}

/**
 * Writes the Cholesky factor of the damped moments of v, and `E[v u^T] - E[v v^T]` in the units of
 * v, rows of dead inputs 0.
 *
 * @returns false where all inputs are dead, or no damping helps
 */
function fillFactor(work: Arena, own: Block, factor: Matrix, differences: Matrix, scratch: Matrix): boolean {
  const { moments, s, centered, block } = own;
  const { columns } = block;
  const view = { moments: moments.quantized, s: new Float32Array(s.length).fill(1), centered };
  const diagonal = (column: number): number => column * (factor.stride + 1);
  let damping = 0;
  for (let raises = 0; raises <= MOST_RAISES; raises++) {
    factor.data.fill(0);
    fillMomentMatrix(view, block, factor);
    if (raises === 0) {
      fillDifferences(own, factor, differences);
      for (let column = 0; column < columns; column++) damping += (DAMPING / columns) * factor.data[diagonal(column)]!;
      if (damping === 0) return false;
    }
    for (let column = 0; column < columns; column++) factor.data[diagonal(column)]! += damping;
    if (factorCholesky(work, factor, columns, scratch)) return true;
    damping *= 10;
  }
  return false;
}

function fillDifferences(
  { moments, s, centered, block, crossOffset }: Block,
  squares: Matrix,
  { data, stride }: Matrix,
): void {
  const { quantized, cross, floatMeans } = moments;
  const { group, first, columns } = block;
  const channels = s.length / quantized.groups;
  const kernelSize = quantized.columns / channels;
  const at = group * quantized.columns + first;
  const factors = Float64Array.from(
    { length: columns },
    (_, column) => s[group * channels + Math.floor((first + column) / kernelSize)]!,
  );
  for (let own = 0; own < columns; own++) {
    if (!(squares.data[own * (squares.stride + 1)]! > 0)) continue;
    const mean = centered ? quantized.means[at + own]! : 0;
    for (let float = 0; float < columns; float++) {
      const product = cross[crossOffset + float * columns + own]! - mean * floatMeans[at + float]!;
      data[own * stride + float] = product / factors[float]! - squares.data[own * squares.stride + float]!;
    }
  }
}

/** Rows x of `x L^T = b`, in place of the rows b. */
function solveLower(work: Arena, lower: Matrix, size: number, b: Matrix, rows: number, scratch: Matrix): void {
  for (let first = 0; first < size; first += COLUMN_BLOCK) {
    const end = Math.min(first + COLUMN_BLOCK, size);
    scratch.data.fill(0, 0, rows * scratch.stride);
    work.multiplyAdd(scratch, b, lower, { firstA: 0, rows, firstB: first, columns: end - first, depth: first });
    for (let row = 0; row < rows; row++) {
      const at = row * b.stride;
      for (let column = first; column < end; column++) {
        const own = column * lower.stride;
        let rest = b.data[at + column]! - scratch.data[row * scratch.stride + column - first]!;
        for (let k = first; k < column; k++) rest -= b.data[at + k]! * lower.data[own + k]!;
        b.data[at + column] = rest / lower.data[own + column]!;
      }
    }
  }
}

function* chunks(outputs: number): Generator<{ readonly first: number; readonly count: number }> {
  for (let first = 0; first < outputs; first += ROWS) yield { first, count: Math.min(ROWS, outputs - first) };
}

function arenaNumbers(columns: number, outputs: number): number {
  const [size, rows] = [padded(columns), padded(Math.min(ROWS, outputs))];
  return 2 * size * size + 2 * rows * size + Math.max(rows, size) * COLUMN_BLOCK;
}
