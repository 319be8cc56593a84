import type { GraphProto, NodeProto } from './onnx_pb.js';

/** The graphs that a node holds as attributes: branches of If, bodies of Loop and Scan. */
export function subgraphsOf(node: NodeProto): readonly GraphProto[] {
  return node.attribute.flatMap((a) => (a.g === undefined ? a.graphs : [a.g, ...a.graphs]));
}
