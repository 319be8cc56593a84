import type { GraphProto } from './proto/onnx_pb.js';
import { subgraphsOf } from './subgraphs.js';

/** What the names of added nodes and tensors begin with, unless the model's own names begin so. */
const USUAL = 'quantsweep';

/**
 * Parts of names behind the prefix that stand for something else than a layer. A layer of such a
 * name (`loss/0`, as TensorFlow writes them) is marked.
 */
const RESERVED = new Set(
  'axes blocked channels folded fp32 gate kept level loss mean observe opset read rescaled scalar search shape tensor twin types zero_point'.split(
    ' ',
  ),
);

/** In front of the names of layers that would be taken for something else. */
const MARK = 'layer:';

/**
 * A prefix that no name of the graph begins with, `quantsweep/` where it is free: of a model that
 * quantsweep exported it is `quantsweep2/`. So whatever is added under it meets no name of the
 * model's own, in its subgraphs neither.
 */
export function freePrefix(graph: GraphProto): string {
  const names = [...namesOf(graph)];
  for (let number = 1; ; number++) {
    const prefix = `${USUAL}${number === 1 ? '' : number}/`;
    if (!names.some((name) => name.startsWith(prefix))) return prefix;
  }
}

/**
 * What the names of all that is added for a layer begin with, without the last slash. No two layers
 * have the same.
 */
export function layerPrefix({ ownPrefix }: { readonly ownPrefix: string }, layer: string): string {
  const isOther = RESERVED.has(layer.split('/', 1)[0]!) || layer.startsWith(MARK);
  return ownPrefix + (isOther ? MARK : '') + layer;
}

/** Of nodes and tensors, those of subgraphs included. */
export function* namesOf(graph: GraphProto): Generator<string> {
  for (const { name } of graph.initializer) yield name;
  for (const { name } of graph.input) yield name;
  for (const { name } of graph.output) yield name;
  for (const node of graph.node) {
    yield node.name;
    yield* node.input;
    yield* node.output;
    for (const subgraph of subgraphsOf(node)) yield* namesOf(subgraph);
  }
}
