import { capturedTensors } from '../graph-index.js';
import type { Layer } from './layers.js';
import type { OnnxModel } from '../onnx-model.js';
import { sortNodes } from '../sort-nodes.js';

/**
 * How many of the given layers lie one behind the other in front of each tensor, at most: 1 of the
 * output of one that depends on no other.
 */
export function tensorDepths(
  model: OnnxModel,
  layers: readonly Pick<Layer, 'outputTensor'>[],
): ReadonlyMap<string, number> {
  const own = new Set(layers.map((layer) => layer.outputTensor));
  const depths = new Map<string, number>();
  for (const node of sortNodes(model.graph.node)) {
    const before = [...node.input, ...capturedTensors(node)].map((tensor) => depths.get(tensor) ?? 0);
    const depth = before.reduce((most, own) => Math.max(most, own), 0) + (own.has(node.output[0]!) ? 1 : 0);
    for (const output of node.output) depths.set(output, depth);
  }
  return depths;
}

/**
 * The given layers in groups: first those that depend on none of the others, then those that depend
 * on the first group alone, and so on. Within a group no layer's output reaches another's input.
 */
export function layersByDepth<L extends Pick<Layer, 'outputTensor'>>(
  model: OnnxModel,
  layers: readonly L[],
): readonly (readonly L[])[] {
  const depths = tensorDepths(model, layers);
  const groups = new Map<number, L[]>();
  for (const layer of layers) {
    const depth = depths.get(layer.outputTensor)!;
    groups.set(depth, [...(groups.get(depth) ?? []), layer]);
  }
  return [...groups].sort(([a], [b]) => a - b).map(([, group]) => group);
}
