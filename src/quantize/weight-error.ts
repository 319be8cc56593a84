import type { LayerMoments } from '../records/moments-record.js';
import { momentForms, weightRows } from './moment-forms.js';
import type { PreparedLayer } from './prepared-layer.js';

/**
 * Squared error that a layer's quantized weight makes in its output: the sum over output channels
 * of `dw H dw^T`, in the units of the base model's output. Without second moments the largest
 * magnitude of each input channel stands for them, and inputs count as unrelated: an error that is
 * too large, but comparable between the bits of one layer.
 *
 * @param absmax `[I]`, of the layer's input in FP32's units
 */
export function weightError(
  { layer, factors, smoothedWeight, weight }: PreparedLayer,
  absmax: ArrayLike<number>,
  moments: LayerMoments | null,
): number {
  const { layout } = layer;
  // What FP32's own input is multiplied by.
  const changes = weightRows(
    layout,
    (offset, input) => (weight.values[offset]! - smoothedWeight[offset]!) / factors.s[input]!,
  );
  if (moments === null) return errorByReach(changes, layout, absmax);
  return Math.max(
    0,
    momentForms(moments, changes).reduce((sum, error) => sum + error, 0),
  );
}

function errorByReach(
  changes: Float64Array,
  { kernelSize, inputsPerGroup, outputsPerGroup, groups }: PreparedLayer['layer']['layout'],
  absmax: ArrayLike<number>,
): number {
  let sum = 0;
  let at = 0;
  for (let output = 0; output < groups * outputsPerGroup; output++) {
    const group = Math.floor(output / outputsPerGroup);
    for (let column = 0; column < inputsPerGroup * kernelSize; column++, at++) {
      const reach = absmax[group * inputsPerGroup + Math.floor(column / kernelSize)]!;
      sum += (changes[at]! * reach) ** 2;
    }
  }
  return sum;
}
