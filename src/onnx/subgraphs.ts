import { create } from '@bufbuild/protobuf';
import { AttributeProtoSchema, type AttributeProto, type GraphProto, type NodeProto } from './proto/onnx_pb.js';

/** The graphs that a node holds as attributes: branches of If, bodies of Loop and Scan. */
export function subgraphsOf(node: NodeProto): readonly GraphProto[] {
  return node.attribute.flatMap((a) => (a.g === undefined ? a.graphs : [a.g, ...a.graphs]));
}

/**
 * The node's attributes with each graph in them replaced; one that holds none is the same object.
 */
export function withSubgraphs(node: NodeProto, replace: (graph: GraphProto) => GraphProto): AttributeProto[] {
  return node.attribute.map((attribute) => {
    if (attribute.g === undefined && attribute.graphs.length === 0) return attribute;
    const graphs = attribute.graphs.map(replace);
    const replaced = Object.assign(create(AttributeProtoSchema), attribute, { graphs });
    if (attribute.g !== undefined) replaced.g = replace(attribute.g);
    return replaced;
  });
}
