import type { OnnxModel } from '../onnx-model.js';
import { copyUnderPrefix, twinPrefix } from './copy-under-prefix.js';
import type { GraphPatch } from './graph-patch.js';

/**
 * Adds a second variant of a model, whose tensors get a prefix of their own.
 *
 * @returns what its tensors are called there; what no node makes is an input or a constant, which
 *   both have
 */
export function addTwin(patch: GraphPatch, twin: OnnxModel): (tensor: string) => string {
  for (const tensor of twin.graph.initializer) patch.initializer(tensor);
  const prefix = twinPrefix(twin);
  for (const node of copyUnderPrefix(twin.graph.node, prefix)) patch.node(node);
  return (tensor) => (twin.index.producers.has(tensor) ? prefix + tensor : tensor);
}
