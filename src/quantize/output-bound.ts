import type { Layer } from '../onnx/layers/layers.js';
import { outputChannels, visitKernels } from '../onnx/layers/weight-layout.js';
import { readFloatTensor } from '../onnx/tensor.js';

/**
 * The largest |y| without bias that a layer can make of inputs within the given absmax:
 * `max_o sum_c act[c] sum_k |w[o, c, k]|`.
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
