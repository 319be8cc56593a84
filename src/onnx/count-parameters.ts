import type { OnnxModel } from './onnx-model.js';
import type { GraphProto, NodeProto } from './proto/onnx_pb.js';
import { subgraphsOf } from './subgraphs.js';
import { elementCount, FLOAT32, tensorShape } from './tensor.js';

/**
 * Float32 numbers that a model holds, as initializers and as Constant nodes, those of its subgraphs
 * included.
 */
export function countParameters({ graph }: OnnxModel): number {
  return ofGraph(graph);
}

function ofGraph(graph: GraphProto): number {
  const floats = graph.initializer.filter(({ dataType }) => dataType === FLOAT32);
  const initializers = floats.reduce((sum, tensor) => sum + elementCount(tensorShape(tensor)), 0);
  return graph.node.reduce((sum, node) => sum + ofNode(node), initializers);
}

function ofNode(node: NodeProto): number {
  const inner = subgraphsOf(node).reduce((sum, subgraph) => sum + ofGraph(subgraph), 0);
  return node.opType === 'Constant' ? inner + ofConstant(node) : inner;
}

function ofConstant({ attribute }: NodeProto): number {
  const [value] = attribute;
  if (value?.t?.dataType === FLOAT32) return elementCount(tensorShape(value.t));
  return value?.name === 'value_float' ? 1 : (value?.floats.length ?? 0);
}
