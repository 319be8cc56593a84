import { readFloatTensor } from '../../onnx/tensor.js';
import type { LayerMoments } from '../../records/moments-record.js';
import type { InputStatistics } from '../../records/observation-record.js';
import type { PredictedLossRecord } from '../../records/predicted-loss-record.js';
import type { PreparedLayer } from '../../quantize/prepared-layer.js';
import { filledShares } from './filled-shares.js';
import { inputNoise } from './input-noise.js';
import { momentForms, productShare, weightRows } from '../../quantize/moment-forms.js';

/** What a prediction goes by, beside the layer as it is prepared. */
export interface LayerEvidence {
  readonly moments: LayerMoments;
  /** Samples of the moments. */
  readonly samples: number;
  /** Of the layer's input; its histograms are read where there are some. */
  readonly inputs: InputStatistics | null;
  /**
   * Share of the positions of a window that hold a number where nothing is padded: 1 but of a
   * ConvTranspose with strides.
   */
  readonly density: number;
}

/**
 * The squared error of a layer's output by its quantization alone, without running anything. With u
 * the unfolded FP32 input, `H = E[u u^T]`, w the weight, w + dw what the quantized weight is in the
 * same units, and n the noise of the quantized input, the output is off by `dw u + (w + dw) n - b`,
 * b the correction of its bias, and
 *
 *     E = dw H dw^T - 2 b dw E[u] + b^2 + sum_j (w + dw)_j^2 E[n_j^2]
 *
 * with n taken as independent of u and of its own other columns. The first terms are exact for the
 * samples of the moments (Frantar et al. 2022, arXiv 2210.17323); the noise is as
 * {@link inputNoise} has it. Not in it: the rounding of sums in float32, of a bias to int32, and
 * saturation of a target's kernels.
 *
 * Smoothing needs no moments of its own: weights are divided by s before they are compared, which
 * is the same as `S^-1 H S^-1` behind smoothed weights.
 */
export function predictLayerError(prepared: PreparedLayer, evidence: LayerEvidence): PredictedLossRecord {
  const { moments, samples } = evidence;
  return {
    layer: prepared.layer.name,
    ...predictErrors(prepared, evidence),
    power: Math.max(0, mean(momentForms(moments, floatRows(prepared)))),
    samples,
    productShare: productShare(moments),
  };
}

/** The errors of {@link predictLayerError} alone: half the work. */
export function predictErrors(
  prepared: PreparedLayer,
  { moments, inputs, density }: Omit<LayerEvidence, 'samples'>,
): Pick<PredictedLossRecord, 'weightMse' | 'inputMse' | 'inputNoise'> {
  const { original, factors, outputFactors, weight, biasCorrection } = prepared;
  const { layout } = original;
  const rows = floatRows(prepared);
  const ofOutput = (output: number): number => outputFactors?.[output] ?? 1;
  const quantized = weightRows(
    layout,
    (offset, input, output) => (weight.values[offset]! * ofOutput(output)) / factors.s[input]!,
  );
  const change = quantized.map((value, at) => value - rows[at]!);
  const errors = momentForms(moments, change);
  if (biasCorrection !== null) {
    for (const [output, shift] of meansOf(moments, change).entries()) {
      const taken = biasCorrection[output]! * ofOutput(output);
      errors[output]! += taken * (taken - 2 * shift);
    }
  }
  const noise = inputNoise(moments, prepared, inputs, filledShares(moments, layout.kernelSize, density));
  return {
    // Moments are sums of rounded numbers: what should be 0 may be a little below.
    weightMse: Math.max(0, mean(errors)),
    inputMse: mean(noiseOf(moments, quantized, noise.squares)),
    inputNoise: noise.from,
  };
}

/** FP32's weight, `[O, columns]`. */
function floatRows({ original }: PreparedLayer): Float64Array {
  const float = readFloatTensor(original.weight);
  return weightRows(original.layout, (offset) => float[offset]!);
}

/** `r E[u]` of each row `[O]`. */
function meansOf({ groups, columns, means }: LayerMoments, rows: Float64Array): Float64Array {
  return dots(rows, columns, groups, (value, column) => value * means[column]!);
}

/** `sum_j r_j^2 n_j` of each row `[O]`. */
function noiseOf({ groups, columns }: LayerMoments, rows: Float64Array, squares: Float64Array): Float64Array {
  return dots(rows, columns, groups, (value, column) => value ** 2 * squares[column]!);
}

/** The sum over the columns of each row `[O]`. */
function dots(
  rows: Float64Array,
  columns: number,
  groups: number,
  term: (value: number, column: number) => number,
): Float64Array {
  const perGroup = rows.length / columns / groups;
  const sums = new Float64Array(rows.length / columns);
  for (const output of sums.keys()) {
    const first = Math.floor(output / perGroup) * columns;
    let sum = 0;
    for (let j = 0; j < columns; j++) sum += term(rows[output * columns + j]!, first + j);
    sums[output] = sum;
  }
  return sums;
}

function mean(values: Float64Array): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}
