import { capturedTensors, firstOutput } from '../graph-index.js';
import { copyGraph, withGraph, type OnnxModel } from '../onnx-model.js';

/**
 * The model without what its outputs do not depend on: nodes (a Constant whose weight was replaced,
 * and what was made of it), initializers, and what is said of tensors that are gone. What a
 * subgraph of a node reads (If, Loop, Scan) is read. Inputs stay, but for those that are
 * initializers no more.
 */
export function removeUnread(model: OnnxModel): OnnxModel {
  const { graph, index } = model;
  const nodes = new Set<string>();
  const read = new Set<string>();
  const open = [...index.outputs];
  for (let tensor = open.pop(); tensor !== undefined; tensor = open.pop()) {
    read.add(tensor);
    const node = index.producers.get(tensor);
    if (node === undefined || nodes.has(firstOutput(node))) continue;
    nodes.add(firstOutput(node));
    for (const own of node.output) read.add(own);
    for (const input of [...node.input, ...capturedTensors(node)]) if (!read.has(input)) open.push(input);
  }
  const node = graph.node.filter((own) => nodes.has(firstOutput(own)));
  const initializer = graph.initializer.filter(({ name }) => read.has(name));
  if (node.length === graph.node.length && initializer.length === graph.initializer.length) return model;
  const fed = new Set(index.inputs);
  return withGraph(
    model,
    copyGraph(graph, {
      node,
      initializer,
      input: graph.input.filter(({ name }) => fed.has(name) || read.has(name)),
      valueInfo: graph.valueInfo.filter(({ name }) => read.has(name)),
    }),
  );
}
