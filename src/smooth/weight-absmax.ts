import { inputChannels, visitKernels, type WeightLayout } from '../onnx/layers/weight-layout.js';

/**
 * max |W| per input channel over every output channel and kernel position that reads it.
 *
 * @returns `[I]`
 */
export function perInputChannelAbsmax(weight: Float32Array, layout: WeightLayout): Float64Array {
  const absmax = new Float64Array(inputChannels(layout));
  visitKernels(layout, (input, _output, offset) => {
    for (let i = offset; i < offset + layout.kernelSize; i++) {
      const value = Math.abs(weight[i]!);
      if (value > absmax[input]! || Number.isNaN(value)) absmax[input] = value;
    }
  });
  return absmax;
}

/**
 * What the mistaken `weight.view(-1, I/g).abs().max(0)` gives on the contiguous weight: column j
 * takes every (I/g)-th number, and so mixes channels and kernel positions. With groups the columns
 * repeat for each group.
 *
 * @returns `[I]`
 */
export function viewAbsmax(weight: Float32Array, layout: WeightLayout): Float64Array {
  const columns = layout.inputsPerGroup;
  const byColumn = new Float64Array(columns);
  for (let i = 0; i < weight.length; i++) {
    const value = Math.abs(weight[i]!);
    if (value > byColumn[i % columns]! || Number.isNaN(value)) byColumn[i % columns] = value;
  }
  return Float64Array.from({ length: inputChannels(layout) }, (_, channel) => byColumn[channel % columns]!);
}
