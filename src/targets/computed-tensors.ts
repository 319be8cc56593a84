import { capturedTensors, type Consumer } from '../onnx/graph-index.js';
import type { OnnxModel } from '../onnx/onnx-model.js';
import type { NodeProto } from '../onnx/proto/onnx_pb.js';
import { sortNodes } from '../onnx/sort-nodes.js';
import { FLOAT32 } from '../onnx/tensor.js';
import { elementTypes } from '../onnx/types/element-types.js';

/** What of a graph computes with float numbers that depend on what is fed. */
export interface ComputedTensors {
  /** In an order in which each comes behind those that it reads. */
  readonly nodes: readonly NodeProto[];
  /** Indices of a node's inputs that are such tensors. */
  activations(node: NodeProto): readonly number[];
  /** A node's outputs that are such tensors. */
  outputs(node: NodeProto): readonly string[];
}

export function findComputedTensors(model: OnnxModel): ComputedTensors {
  const types = elementTypes(model);
  const isFloat = (name: string): boolean => name !== '' && (types.get(name) ?? FLOAT32) === FLOAT32;
  // Of any type: pixels and tokens are often integers that a Cast or a Gather makes floats of.
  const fed = new Set<string>(model.index.inputs);
  const floats = new Set<string>(model.index.inputs.filter(isFloat));
  const nodes: NodeProto[] = [];
  for (const node of sortNodes(model.graph.node)) {
    const read = [...node.input, ...capturedTensors(node)];
    if (node.opType === 'Shape' || node.opType === 'Size' || !read.some((input) => fed.has(input))) continue;
    for (const output of node.output) if (output !== '') fed.add(output);
    const made = node.output.filter(isFloat);
    if (made.length > 0 || read.some((input) => floats.has(input))) nodes.push(node);
    for (const output of made) floats.add(output);
  }
  return {
    nodes,
    activations: (node) => [...node.input.keys()].filter((index) => floats.has(node.input[index]!)),
    outputs: (node) => node.output.filter((output) => floats.has(output)),
  };
}

/** Who reads a tensor as an input of a node; subgraphs are left out. */
export function directReaders({ index }: OnnxModel, tensor: string): readonly Consumer[] {
  return (index.consumers.get(tensor) ?? []).filter((reader) => reader.index >= 0);
}

/** Whether the branch or body of an If, Loop or Scan reads it. */
export function isCaptured({ index }: OnnxModel, tensor: string): boolean {
  return (index.consumers.get(tensor) ?? []).some((reader) => reader.index < 0);
}
