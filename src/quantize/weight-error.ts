import { visitKernels } from '../onnx/layers/weight-layout.js';
import { momentBlocks, type LayerMoments } from '../records/moments-record.js';
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
  const { kernelSize, inputsPerGroup, outputsPerGroup, groups } = layout;
  const columns = inputsPerGroup * kernelSize;
  // By output channel, over the columns of its group: what FP32's own input is multiplied by.
  const changes = new Float64Array(groups * outputsPerGroup * columns);
  visitKernels(layout, (input, output, offset) => {
    const first = output * columns + (input % inputsPerGroup) * kernelSize;
    for (let k = 0; k < kernelSize; k++) {
      changes[first + k] = (weight.values[offset + k]! - smoothedWeight[offset + k]!) / factors.s[input]!;
    }
  });
  if (moments === null) return errorByReach(changes, layout, absmax);
  let sum = 0;
  for (const block of momentBlocks(moments)) {
    for (let output = block.group * outputsPerGroup; output < (block.group + 1) * outputsPerGroup; output++) {
      const first = output * columns + block.first;
      let at = block.offset;
      for (let i = 0; i < block.columns; i++) {
        const own = changes[first + i]!;
        let row = 0;
        for (let j = 0; j < i; j++) row += moments.products[at + j]! * changes[first + j]!;
        sum += own * (2 * row + own * moments.products[at + i]!);
        at += i + 1;
      }
    }
  }
  return Math.max(0, sum);
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
