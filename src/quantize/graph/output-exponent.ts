import type { Layer } from '../../onnx/layers/layers.js';
import type { OnnxModel } from '../../onnx/onnx-model.js';
import { readFloatTensor } from '../../onnx/tensor.js';
import type { PreparedLayer } from '../prepare-layers.js';

/**
 * Outputs within these bounds have squares, of errors as well, and sums of squares that float32
 * holds.
 */
const SMALLEST_PLAIN = 1e-12;
const LARGEST_PLAIN = 1e14;
/** So that neither the factor nor its inverse leaves float32's normal numbers. */
const MOST_EXPONENT = 100;

/**
 * The power of two by which a layer's output is divided inside a graph that squares it or adds it
 * up, so that neither overflows float32 nor vanishes; what comes out is multiplied back in float64.
 * A factor of two changes no bit. 0, so no factor at all, for all layers but those whose outputs
 * are near either end of float32.
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
