import { intAttribute, makeNode } from '../onnx/node.js';
import type { GraphPatch } from '../onnx/edits/graph-patch.js';
import type { Layer } from '../onnx/layers/layers.js';
import { int64Tensor } from '../onnx/tensor.js';

/**
 * Channels whose multiple begins each sample at an address that vector instructions are aligned to.
 * The CPU's ReduceMean groups what it adds up by the address of each row, so that the last bit of a
 * mean would hang on the sample's place in its batch.
 */
const ALIGNED = 16;

export function isConvolution({ inputRank }: Layer): boolean {
  return inputRank !== null && inputRank > 2;
}

/**
 * Means in float32 that are the same bits wherever in a batch the sample lies.
 *
 * @param flattened `[N, O, positions]` of a convolution, else `[rows, O]`, in the plain layout
 * @returns over positions `[N, O]`, or over channels, one a row
 */
export function meanOfRows(patch: GraphPatch, layer: Layer, flattened: string, name: string): string {
  const { outputChannels } = layer;
  const isAligned = outputChannels % ALIGNED === 0;
  if (isAligned) return patch.reduce('ReduceMean', flattened, [isConvolution(layer) ? 2 : 1], name);
  if (!isConvolution(layer)) {
    // A pool reads rows in order, whatever their address.
    const image = patch.reshape(flattened, [1, -1, 1, outputChannels], `${name}/image`);
    return patch.apply('GlobalAveragePool', [image], name);
  }
  const padded = Math.ceil(outputChannels / ALIGNED) * ALIGNED;
  const aligned = gatherChannels(patch, flattened, outputChannels, padded, `${name}/aligned`);
  const means = patch.reduce('ReduceMean', aligned, [2], `${name}/means`);
  return gatherChannels(patch, means, outputChannels, outputChannels, name);
}

/** The first `wanted` channels; the first one again where there are no more than `channels`. */
function gatherChannels(patch: GraphPatch, tensor: string, channels: number, wanted: number, output: string): string {
  const places = Array.from({ length: wanted }, (_, c) => (c < channels ? c : 0));
  const indices = patch.initializer(int64Tensor(`${patch.prefix}channels/${channels}_${wanted}`, places));
  patch.node(makeNode('Gather', [tensor, indices], output, [intAttribute('axis', 1)]));
  return output;
}
