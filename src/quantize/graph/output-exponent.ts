import type { Layer } from '../../onnx/layers/layers.js';
import type { OnnxModel } from '../../onnx/onnx-model.js';
import { readFloatTensor } from '../../onnx/tensor.js';
import { outputChannels, visitKernels } from '../../onnx/layers/weight-layout.js';
import type { PreparedLayer } from '../prepare-layers.js';

/** Outputs within these bounds have squares, of errors as well, and sums of squares that float32 holds. */
const SMALLEST_PLAIN = 1e-12;
const LARGEST_PLAIN = 1e14;
/** So that neither the factor nor its inverse leaves float32's normal numbers. */
const MOST_EXPONENT = 100;

/**
 * The largest |y| without bias that a layer can make of inputs within the given absmax: `max_o sum_c act[c] sum_k |w[o, c, k]|`.
 *
 * @param layer as the untouched model has it
 * @param absmax of its input `[I]`
 */
export function outputBound(layer: Layer, absmax: Float64Array): number {
  const weight = readFloatTensor(layer.weight);
  const bounds = new Float64Array(outputChannels(layer.layout));
  visitKernels(layer.layout, (input, output, offset) => {
    let sum = 0;
    for (let i = offset; i < offset + layer.layout.kernelSize; i++) sum += Math.abs(weight[i]!);
    bounds[output]! += absmax[input]! * sum;
  });
  return bounds.reduce((most, bound) => Math.max(most, bound), 0);
}

/**
 * The power of two by which a layer's output is divided inside a graph that squares it or adds it up, so that neither
 * overflows float32 nor vanishes; what comes out is multiplied back in float64. A factor of two changes no bit. 0, so no
 * factor at all, for all layers but those whose outputs are near either end of float32.
 *
 * @param base the model that the layer is of
 */
export function outputExponent(
  base: OnnxModel,
  { layer, outputBound: weighted, outputFactors }: Pick<PreparedLayer, 'layer' | 'outputBound' | 'outputFactors'>,
): number {
  const bound = weighted + biasAbsmax(base, layer) * largestOf(outputFactors ?? [1]);
  if (bound === 0 || (bound >= SMALLEST_PLAIN && bound <= LARGEST_PLAIN)) return 0;
  const exponent = Math.ceil(Math.log2(bound));
  return Math.min(MOST_EXPONENT, Math.max(-MOST_EXPONENT, exponent));
}

function biasAbsmax(base: OnnxModel, { outputTensor, biasIndex }: Layer): number {
  const name = biasIndex === null ? undefined : base.index.producers.get(outputTensor)?.input[biasIndex];
  const bias = name === undefined ? undefined : base.index.initializers.get(name);
  return bias === undefined ? 0 : largestOf(readFloatTensor(bias));
}

function largestOf(values: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, Math.abs(values[i]!));
  return largest;
}
