import type { LayerMoments, MomentBlock } from '../../records/moments-record.js';
import { NonFiniteError } from '../../records/non-finite-error.js';
import type { Matrix } from './arena.js';

/** The moments of a layer's input as its quantized form reads it. */
export interface MomentsView {
  readonly moments: LayerMoments;
  /** What the input is divided by and the weight multiplied, `[I]`. */
  readonly s: Float32Array;
  /** About the mean: of errors whose mean a bias takes off. */
  readonly centered: boolean;
}

/**
 * Share of a column's second moment that its variance must exceed: below it is rounding, as sums
 * come from float32.
 */
const LEAST_VARIANCE = 1e-6;

/**
 * Fills a matrix with one block of H behind the smoothing factors: `H_ij / (s_i s_j)`, symmetric;
 * centered: `(H_ij - mu_i mu_j) / (s_i s_j)`. The rows and columns of inputs that are dead (always
 * 0; centered: always the same) are 0.
 *
 * @param matrix `[columns, columns]`, zeros
 * @throws NonFiniteError naming the layer
 */
export function fillMomentMatrix(view: MomentsView, block: MomentBlock, { data, stride }: Matrix): void {
  const { moments, centered } = view;
  const { columns, offset } = block;
  const steps = inverseFactors(view, block);
  const means = moments.means.subarray(block.group * moments.columns + block.first);
  let at = offset;
  for (let row = 0; row < columns; row++) {
    const step = steps[row]!;
    const mean = centered ? means[row]! : 0;
    for (let column = 0; column <= row; column++) {
      const product = moments.products[at++]!;
      const value = (product - (centered ? mean * means[column]! : 0)) * (step * steps[column]!);
      data[row * stride + column] = value;
      data[column * stride + row] = value;
    }
    const diagonal = data[row * stride + row]!;
    if (!Number.isFinite(diagonal))
      throw new NonFiniteError(`the second moments of the input of layer "${moments.layer}"`);
    const least = centered ? moments.products[at - 1]! * step * step * LEAST_VARIANCE : 0;
    if (!(diagonal > least)) data[row * stride + row] = 0;
  }
  for (let dead = 0; dead < columns; dead++) {
    if (data[dead * stride + dead]! > 0) continue;
    data.fill(0, dead * stride, dead * stride + columns);
    for (let row = 0; row < columns; row++) data[row * stride + dead] = 0;
  }
}

/** 1 / s of each column of a block. */
function inverseFactors({ moments, s }: MomentsView, { group, first, columns }: MomentBlock): Float64Array {
  const channels = s.length / moments.groups;
  const kernelSize = moments.columns / channels;
  return Float64Array.from(
    { length: columns },
    (_, column) => 1 / s[group * channels + Math.floor((first + column) / kernelSize)]!,
  );
}
