import type { OnnxModel } from './onnx-model.js';
import type { GraphProto, NodeProto } from './onnx_pb.js';
import { subgraphsOf } from './subgraphs.js';
import { elementCount, FLOAT32, tensorShape } from './tensor.js';

/** Float32 numbers that a model holds, as initializers and as Constant nodes, those of its subgraphs included. */
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
  switch (value?.name) {
    case 'value':
      return value.t?.dataType === FLOAT32 ? elementCount(tensorShape(value.t)) : 0;
    case 'value_float':
      return 1;
    case 'value_floats':
      return value.floats.length;
    default:
      return 0;
  }
}
