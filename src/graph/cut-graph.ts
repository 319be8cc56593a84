import { applyEdits, type GraphEdit } from './edits.js';
import { capturedTensors, firstOutput } from './graph-index.js';
import type { OnnxModel } from './onnx-model.js';

/** The part of a model that computes the given tensors, which are its outputs. */
export function cutGraph(model: OnnxModel, tensors: readonly string[]): OnnxModel {
  const needed = new Set<string>();
  const open = [...tensors];
  for (let tensor = open.pop(); tensor !== undefined; tensor = open.pop()) {
    const node = model.index.producers.get(tensor);
    if (node === undefined || needed.has(firstOutput(node))) continue;
    needed.add(firstOutput(node));
    open.push(...node.input, ...capturedTensors(node));
  }
  const rest = model.graph.node.map(firstOutput).filter((id) => !needed.has(id));
  const removals = rest.map((node): GraphEdit => ({ kind: 'removeNode', node }));
  return applyEdits(model, [...removals, { kind: 'setOutputs', tensors }]);
}
