import { visitKernels, type WeightLayout } from '../onnx/layers/weight-layout.js';

/**
 * The weight multiplied by s along its input channels, in float32.
 *
 * @param s `[I]`
 * @returns a new array of the weight's shape
 */
export function smoothWeight(weight: Float32Array, layout: WeightLayout, s: Float32Array): Float32Array {
  const smoothed = new Float32Array(weight.length);
  visitKernels(layout, (input, _output, offset) => {
    const factor = s[input]!;
    for (let i = offset; i < offset + layout.kernelSize; i++) smoothed[i] = weight[i]! * factor;
  });
  return smoothed;
}
