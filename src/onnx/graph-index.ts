import type { GraphProto, NodeProto, TensorProto } from './proto/onnx_pb.js';
import { ModelError } from './model-error.js';
import { subgraphsOf } from './subgraphs.js';

/** Where a tensor is read: a node's input, or (index -1) inside one of the node's subgraphs. */
export interface Consumer {
  readonly node: NodeProto;
  readonly index: number;
}

/**
 * Look-up tables of one graph. Nodes are identified by their first output: names may be missing or
 * repeated.
 */
export interface GraphIndex {
  readonly initializers: ReadonlyMap<string, TensorProto>;
  readonly producers: ReadonlyMap<string, NodeProto>;
  readonly consumers: ReadonlyMap<string, readonly Consumer[]>;
  readonly outputs: ReadonlySet<string>;
  /** Graph inputs that are fed, i.e. not initializers. */
  readonly inputs: readonly string[];
}

/** How a node is named in messages. */
export function describeNode(node: NodeProto): string {
  return node.name === '' ? `${node.opType} that makes "${firstOutput(node)}"` : `${node.opType} "${node.name}"`;
}

/** The first output that is not left out: what identifies a node. */
export function firstOutput(node: NodeProto): string {
  return node.output.find((output) => output !== '') ?? '';
}

/** @throws ModelError for a tensor that is made twice or missing */
export function indexGraph(graph: GraphProto): GraphIndex {
  const initializers = new Map<string, TensorProto>();
  for (const tensor of graph.initializer) {
    if (initializers.has(tensor.name)) throw new ModelError(`Initializer "${tensor.name}" is there twice.`);
    initializers.set(tensor.name, tensor);
  }
  const inputNames = new Set(graph.input.map((i) => i.name));
  const producers = new Map<string, NodeProto>();
  const consumers = new Map<string, Consumer[]>();
  const consume = (tensor: string, consumer: Consumer): void => {
    const list = consumers.get(tensor);
    if (list === undefined) consumers.set(tensor, [consumer]);
    else list.push(consumer);
  };
  for (const node of graph.node) {
    if (firstOutput(node) === '') {
      throw new ModelError(
        `Expected every node to make a tensor, got ${node.opType} "${node.name}", which makes none.`,
      );
    }
    for (const output of node.output) {
      if (output === '') continue;
      if (producers.has(output) || initializers.has(output) || inputNames.has(output)) {
        throw new ModelError(`Tensor "${output}" is made twice, the second time by ${describeNode(node)}.`);
      }
      producers.set(output, node);
    }
    for (const [index, tensor] of node.input.entries()) if (tensor !== '') consume(tensor, { node, index });
    for (const tensor of capturedTensors(node)) consume(tensor, { node, index: -1 });
  }
  const index: GraphIndex = {
    initializers,
    producers,
    consumers,
    outputs: new Set(graph.output.map((o) => o.name)),
    inputs: [...inputNames].filter((name) => !initializers.has(name)),
  };
  checkTensors(index, inputNames);
  return index;
}

function checkTensors(index: GraphIndex, inputs: ReadonlySet<string>): void {
  const exists = (name: string): boolean =>
    index.producers.has(name) || index.initializers.has(name) || inputs.has(name);
  for (const [tensor, consumers] of index.consumers) {
    const direct = consumers.find((c) => c.index >= 0);
    if (direct !== undefined && !exists(tensor)) {
      throw new ModelError(`Tensor "${tensor}", read by ${describeNode(direct.node)}, is made by nothing.`);
    }
  }
  for (const output of index.outputs) {
    if (!exists(output)) throw new ModelError(`Graph output "${output}" is made by nothing.`);
  }
}

/**
 * Outer tensors that the subgraphs of a node (If, Loop, Scan) read; names that a subgraph makes
 * itself hide outer ones.
 */
export function capturedTensors(node: NodeProto): readonly string[] {
  const captured = new Set<string>();
  for (const subgraph of subgraphsOf(node)) {
    const own = new Set([
      ...subgraph.input.map((i) => i.name),
      ...subgraph.initializer.map((t) => t.name),
      ...subgraph.node.flatMap((n) => n.output),
    ]);
    const read = [
      ...subgraph.node.flatMap((inner) => [...inner.input, ...capturedTensors(inner)]),
      ...subgraph.output.map((o) => o.name),
    ];
    for (const tensor of read) if (tensor !== '' && !own.has(tensor)) captured.add(tensor);
  }
  return [...captured];
}
