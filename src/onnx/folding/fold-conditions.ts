import { create } from '@bufbuild/protobuf';
import { isDefaultDomain } from '../layers/hidden-layers.js';
import { copyNode, makeNode } from '../node.js';
import { copyGraph, withGraph, type OnnxModel } from '../onnx-model.js';
import { ValueInfoProtoSchema, type GraphProto, type NodeProto, type ValueInfoProto } from '../proto/onnx_pb.js';
import { namesOf } from '../own-names.js';
import { smallValue, type FixedInputs } from './known-values.js';
import { withSubgraphs } from '../subgraphs.js';

/**
 * The model with the branch that is taken in place of every If whose condition follows from
 * constants, fixed inputs and stated shapes (see {@link smallValue}), also inside of branches that
 * come up so. What the graph computes for those inputs is unchanged; a model without such an If is
 * returned as it is. Names stay as they are but for those that are taken.
 */
export function foldConditions(model: OnnxModel, fixed: FixedInputs): OnnxModel {
  let current = model;
  for (let found = decidedIf(current, fixed); found !== null; found = decidedIf(current, fixed)) {
    current = withGraph(current, inlined(current, found.node, found.branch));
  }
  return current;
}

interface DecidedIf {
  readonly node: NodeProto;
  readonly branch: GraphProto;
}

function decidedIf(model: OnnxModel, fixed: FixedInputs): DecidedIf | null {
  for (const node of model.graph.node) {
    if (node.opType !== 'If' || !isDefaultDomain(node)) continue;
    const condition = smallValue(model, fixed, node.input[0] ?? '')?.numbers;
    const [taken = null] = condition ?? [];
    if (condition?.length !== 1 || taken === null) continue;
    const name = taken !== 0 ? 'then_branch' : 'else_branch';
    const branch = node.attribute.find((attribute) => attribute.name === name)?.g;
    if (branch?.output.length === node.output.length) return { node, branch };
  }
  return null;
}

type Rename = (tensor: string) => string;

/** The graph with the nodes of a branch in the place of its If. */
function inlined({ graph }: OnnxModel, node: NodeProto, branch: GraphProto): GraphProto {
  const others = copyGraph(graph, { node: graph.node.filter((other) => other !== node) });
  const taken = new Set([...namesOf(others), ...node.input, ...node.output]);
  const own = [...branch.initializer.map(({ name }) => name), ...branch.node.flatMap(({ output }) => output)];
  const outputs = new Set(node.output);
  const made = new Set(branch.node.flatMap(({ output }) => output));
  const names = new Map<string, string>();
  // What a node of the branch makes as an output of the If is called like that output at once.
  const copies: (readonly [from: string, to: string])[] = [];
  for (const [index, { name }] of branch.output.entries()) {
    const output = node.output[index]!;
    if (output === '') continue;
    if (made.has(name) && !names.has(name)) names.set(name, output);
    else copies.push([name, output]);
  }
  const reserved = new Set(namesOf(branch));
  const free = (name: string): string => unique(name, taken, reserved);
  for (const name of own) if (name !== '' && !names.has(name)) names.set(name, free(name));
  const rename: Rename = (tensor) => names.get(tensor) ?? tensor;
  // A node that is called like what it makes stays so; no two nodes may have one name.
  const nodes = branch.node.map((inner) =>
    renameNode(inner, rename, (name) =>
      inner.output.includes(name) && !outputs.has(rename(name)) ? rename(name) : free(name),
    ),
  );
  const identities = copies.map(([from, to]) => makeNode('Identity', [rename(from)], to));
  return copyGraph(graph, {
    node: graph.node.flatMap((other) => (other === node ? [...nodes, ...identities] : [other])),
    initializer: [...graph.initializer, ...branch.initializer.map((t) => ({ ...t, name: rename(t.name) }))],
    valueInfo: [...graph.valueInfo, ...branch.valueInfo.map((info) => renameInfo(info, rename))],
  });
}

/** The name, or one like it that neither the graph nor the branch has; taken from now on. */
function unique(name: string, taken: Set<string>, reserved: ReadonlySet<string>): string {
  let free = name;
  for (let i = 2; taken.has(free) || (free !== name && reserved.has(free)); i++) free = `${name}_${i}`;
  taken.add(free);
  return free;
}

function renameNode(node: NodeProto, rename: Rename, renameNodeItself: Rename): NodeProto {
  return copyNode(node, {
    name: node.name === '' ? '' : renameNodeItself(node.name),
    input: node.input.map(rename),
    output: node.output.map(rename),
    attribute: withSubgraphs(node, (graph) => renameSubgraph(graph, rename)),
  });
}

/** What the subgraph makes itself hides outer tensors and stays as it is. */
function renameSubgraph(graph: GraphProto, rename: Rename): GraphProto {
  const own = new Set([
    ...graph.input.map(({ name }) => name),
    ...graph.initializer.map(({ name }) => name),
    ...graph.node.flatMap(({ output }) => output),
  ]);
  const inner: Rename = (tensor) => (own.has(tensor) ? tensor : rename(tensor));
  return copyGraph(graph, {
    node: graph.node.map((node) =>
      copyNode(node, {
        input: node.input.map(inner),
        output: node.output.map(inner),
        attribute: withSubgraphs(node, (subgraph) => renameSubgraph(subgraph, inner)),
      }),
    ),
    output: graph.output.map((info) => renameInfo(info, inner)),
  });
}

function renameInfo(info: ValueInfoProto, rename: Rename): ValueInfoProto {
  return Object.assign(create(ValueInfoProtoSchema), info, { name: rename(info.name) });
}
