import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { copyNode } from '../node.js';
import { copyGraph } from '../onnx-model.js';
import {
  ModelProtoSchema,
  ValueInfoProtoSchema,
  type GraphProto,
  type NodeProto,
  type ValueInfoProto,
} from '../proto/onnx_pb.js';
import { subgraphsOf, withSubgraphs } from '../subgraphs.js';

/** What names were turned into. */
export interface Renaming {
  readonly toNew: (name: string) => string;
  readonly toOld: (name: string) => string;
}

/** A model with other names inside. */
export interface RenamedModel extends Renaming {
  readonly bytes: Uint8Array;
}

/** What JSON text must escape, and the runtime's profile does not. */
// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const unescaped = /["\\\x00-\x1f\x7f]/;

/**
 * The one key that `object[key] = value`, by which onnxruntime-node hands over tensors, does not
 * make a property.
 */
const NO_KEY = '__proto__';

const unchanged = (bytes: Uint8Array): RenamedModel => ({ bytes, toNew: (name) => name, toOld: (name) => name });

/**
 * The model with names that the runtime can write into its profile, which it does without escaping
 * them.
 */
export function withProfileNames(bytes: Uint8Array): RenamedModel {
  return withNumbersForNames(bytes, (name) => unescaped.test(name) || name === NO_KEY);
}

/** The model with names by which onnxruntime-node can hand over every tensor. */
export function withNamesForFeeds(bytes: Uint8Array): RenamedModel {
  const mayHold = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes(NO_KEY);
  return mayHold ? withNumbersForNames(bytes, (name) => name === NO_KEY) : unchanged(bytes);
}

/**
 * Where any name is unsafe, every node and tensor gets a number as its name, one number a name, so
 * that names that hide outer ones in subgraphs still do; where none is, the model stays as it is.
 * What the graph computes is unchanged.
 */
function withNumbersForNames(bytes: Uint8Array, isUnsafe: (name: string) => boolean): RenamedModel {
  const proto = fromBinary(ModelProtoSchema, bytes);
  const { graph } = proto;
  if (graph === undefined) return unchanged(bytes);
  const names = new Set<string>();
  collectNames(graph, names);
  if (![...names].some(isUnsafe)) return unchanged(bytes);
  const numbers = new Map([...names].map((name, index) => [name, `n${index}`]));
  const olds = new Map([...numbers].map(([name, number]) => [number, name]));
  const rename: Rename = (name) => (name === '' ? '' : (numbers.get(name) ?? name));
  const renamed = Object.assign(create(ModelProtoSchema), proto, { graph: renameGraph(graph, rename) });
  return {
    bytes: toBinary(ModelProtoSchema, renamed),
    toNew: rename,
    toOld: (number) => olds.get(number) ?? number,
  };
}

function collectNames(graph: GraphProto, names: Set<string>): void {
  names.add(graph.name);
  for (const { name } of [...graph.initializer, ...graph.input, ...graph.output]) names.add(name);
  for (const node of graph.node) {
    for (const name of [node.name, ...node.input, ...node.output]) names.add(name);
    for (const subgraph of subgraphsOf(node)) collectNames(subgraph, names);
  }
}

type Rename = (name: string) => string;

function renameGraph(graph: GraphProto, rename: Rename): GraphProto {
  const value = (info: ValueInfoProto): ValueInfoProto =>
    Object.assign(create(ValueInfoProtoSchema), info, { name: rename(info.name) });
  return copyGraph(graph, {
    name: rename(graph.name),
    node: graph.node.map((node) => renameNode(node, rename)),
    initializer: graph.initializer.map((tensor) => ({ ...tensor, name: rename(tensor.name) })),
    input: graph.input.map(value),
    output: graph.output.map(value),
    valueInfo: graph.valueInfo.map(value),
  });
}

function renameNode(node: NodeProto, rename: Rename): NodeProto {
  return copyNode(node, {
    name: rename(node.name),
    input: node.input.map(rename),
    output: node.output.map(rename),
    attribute: withSubgraphs(node, (graph) => renameGraph(graph, rename)),
  });
}
