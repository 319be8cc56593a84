import { copyNode } from '../node.js';
import { copyGraph, type OnnxModel } from '../onnx-model.js';
import type { GraphProto, NodeProto } from '../proto/onnx_pb.js';
import { withSubgraphs } from '../subgraphs.js';

/** Prefix of a second variant of a graph. */
export function twinPrefix({ ownPrefix }: Pick<OnnxModel, 'ownPrefix'>): string {
  return `${ownPrefix}twin/`;
}

/**
 * Copies nodes with every tensor that they make renamed to `prefix + name`, so that two variants of
 * a graph can live in one. Tensors made elsewhere (graph inputs, initializers) are shared.
 * Subgraphs that read renamed tensors follow.
 */
export function copyUnderPrefix(nodes: readonly NodeProto[], prefix: string): NodeProto[] {
  const made = new Set(nodes.flatMap((node) => node.output));
  const rename = (tensor: string): string => (tensor !== '' && made.has(tensor) ? prefix + tensor : tensor);
  return nodes.map((node) => renameNode(node, rename, prefix));
}

/** The node with outer tensors that its subgraphs read under other names. */
export function withCapturedRenamed(node: NodeProto, rename: (tensor: string) => string): NodeProto {
  return copyNode(node, { attribute: withSubgraphs(node, (graph) => renameSubgraph(graph, rename, '')) });
}

function renameNode(node: NodeProto, rename: (tensor: string) => string, prefix: string): NodeProto {
  return copyNode(node, {
    name: node.name === '' ? '' : prefix + node.name,
    input: node.input.map(rename),
    output: node.output.map(rename),
    attribute: withSubgraphs(node, (graph) => renameSubgraph(graph, rename, prefix)),
  });
}

/** Names that the subgraph itself makes hide outer ones and stay as they are. */
function renameSubgraph(graph: GraphProto, rename: (t: string) => string, prefix: string): GraphProto {
  const own = new Set([
    ...graph.input.map((i) => i.name),
    ...graph.initializer.map((t) => t.name),
    ...graph.node.flatMap((n) => n.output),
  ]);
  const inner = (tensor: string): string => (own.has(tensor) ? tensor : rename(tensor));
  return copyGraph(graph, { node: graph.node.map((n) => renameNode(n, inner, prefix)) });
}
