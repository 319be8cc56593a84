import type { GraphPatch } from './graph-patch.js';
import type { Layer } from '../layers/layers.js';

/**
 * Shape that broadcasts a vector over a layer's output channels: axis 1 of a convolution's output,
 * the last otherwise.
 */
export function outputChannelShape(layer: Layer): readonly number[] {
  const trailing = layer.inputRank === null ? 0 : layer.inputRank - 2;
  return [layer.outputChannels, ...new Array<number>(trailing).fill(1)];
}

/**
 * A layer's output multiplied by a factor per channel.
 *
 * @param factors `[O]`
 * @param name of the new tensor
 */
export function scaleOutput(
  patch: GraphPatch,
  layer: Layer,
  tensor: string,
  factors: Float32Array,
  name: string,
): string {
  return patch.apply('Mul', [tensor, patch.floats(`${name}/factors`, outputChannelShape(layer), factors)], name);
}
