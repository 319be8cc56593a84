import { capturedTensors, firstOutput } from './graph-index.js';
import type { OnnxModel } from './onnx-model.js';
import type { NodeProto, ValueInfoProto } from './proto/onnx_pb.js';
import { sortNodes } from './sort-nodes.js';

/** A graph to look at: its nodes and the tensors between them, without weights. */
export interface GraphOutline {
  /** In an order in which every tensor is made before it is read. */
  readonly nodes: readonly OutlineNode[];
  /** Sorted by their ends; of two equal ones, one. */
  readonly edges: readonly OutlineEdge[];
}

/** A node of a graph, or one of its ends. */
export interface OutlineNode {
  /** Unique in the graph. A layer's is the layer's. */
  readonly name: string;
  /** Operator type; `Input` and `Output` are the ends of the graph. */
  readonly op: string;
  /** Name of the layer that the node is; null where it is none. */
  readonly layer: string | null;
  /**
   * Of the first output, as the model says it: numbers, names of free axes, null where an axis has
   * neither. Null: it does not say.
   */
  readonly shape: readonly (number | string | null)[] | null;
}

/** A tensor that a node makes and another reads. */
export interface OutlineEdge {
  /** Places among {@link GraphOutline.nodes}. */
  readonly from: number;
  readonly to: number;
  readonly tensor: string;
}

/** A layer that the graph's nodes are named after; hidden ones are inside other nodes. */
interface NamedLayer {
  readonly name: string;
  readonly outputTensor: string;
}

/**
 * The nodes that depend on an input, from inputs to outputs. What is made of constants alone
 * (weights, shapes that an exporter wrote out) is left out. A node with subgraphs (If, Loop, Scan)
 * is one node, which also reads what its subgraphs read.
 */
export function outlineGraph(model: OnnxModel, layers: readonly NamedLayer[]): GraphOutline {
  const { graph, index } = model;
  const shapes = new Map([...graph.valueInfo, ...graph.input, ...graph.output].map((i) => [i.name, shapeOf(i)]));
  const layerOf = new Map(layers.map(({ name, outputTensor }) => [outputTensor, name]));
  const names = new FreeNames(layers.map(({ name }) => name));
  // Ends first: a node without a name is called as the tensor that it makes, which may be an end.
  const [inputNames, outputNames] = [index.inputs, graph.output.map(({ name }) => name)].map((ends) =>
    ends.map((name) => names.take(name)),
  ) as [string[], string[]];
  const nodes: OutlineNode[] = [];
  const edges = new Map<string, OutlineEdge>();
  const makers = new Map<string, number>();

  const connect = (tensors: Iterable<string>, to: number): void => {
    for (const tensor of tensors) {
      const from = makers.get(tensor);
      if (from !== undefined) edges.set(`${from} ${to} ${tensor}`, { from, to, tensor });
    }
  };
  for (const [place, input] of index.inputs.entries()) {
    makers.set(input, place);
    nodes.push({ name: inputNames[place]!, op: 'Input', layer: null, shape: shapes.get(input) ?? null });
  }
  for (const node of sortNodes(graph.node)) {
    const reads = [...node.input, ...capturedTensors(node)];
    if (!reads.some((tensor) => makers.has(tensor))) continue;
    const place = nodes.length;
    const layer = layerOf.get(firstOutput(node)) ?? null;
    nodes.push({
      name: layer ?? names.take(nameOf(node)),
      op: operatorOf(node),
      layer,
      shape: shapes.get(firstOutput(node)) ?? null,
    });
    connect(reads, place);
    for (const output of node.output) if (output !== '') makers.set(output, place);
  }
  for (const [place, { name }] of graph.output.entries()) {
    nodes.push({ name: outputNames[place]!, op: 'Output', layer: null, shape: shapes.get(name) ?? null });
    connect([name], nodes.length - 1);
  }
  const sorted = [...edges.values()].sort((a, b) => a.from - b.from || a.to - b.to || compareText(a.tensor, b.tensor));
  return { nodes, edges: sorted };
}

function nameOf(node: NodeProto): string {
  return node.name === '' ? firstOutput(node) : node.name;
}

/** With the domain, where it is not ONNX's own. */
function operatorOf({ domain, opType }: NodeProto): string {
  return domain === '' || domain === 'ai.onnx' ? opType : `${domain}.${opType}`;
}

function shapeOf({ type }: ValueInfoProto): OutlineNode['shape'] {
  return (
    type?.tensorType?.shape?.dim.map(({ value }) => {
      if (value.case === 'dimValue') return Number(value.value);
      return value.case === 'dimParam' && value.value !== '' ? value.value : null;
    }) ?? null
  );
}

/** By code units, as the database sorts text. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/** Gives each name once; a name that is taken gets a number. */
class FreeNames {
  readonly #taken: Set<string>;

  constructor(taken: Iterable<string>) {
    this.#taken = new Set(taken);
  }

  take(wanted: string): string {
    let name = wanted;
    for (let number = 2; this.#taken.has(name); number += 1) name = `${wanted} (${number})`;
    this.#taken.add(name);
    return name;
  }
}
