import { create } from '@bufbuild/protobuf';
import { dependsOnInputs } from '../constants.js';
import { cutGraph } from './cut-graph.js';
import { capturedTensors } from '../graph-index.js';
import { copyGraph, withGraph, type OnnxModel } from '../onnx-model.js';
import {
  TensorProto_DataType,
  TypeProtoSchema,
  TypeProto_TensorSchema,
  ValueInfoProtoSchema,
  type NodeProto,
  type ValueInfoProto,
} from '../proto/onnx_pb.js';

/**
 * A graph in two: what a node has no part in, and the rest, fed the tensors that cross from the one
 * to the other.
 */
export interface SplitGraph {
  /** Makes the crossing tensors; null where none cross. */
  readonly head: OnnxModel | null;
  /**
   * The node and what is behind it. Has the model's inputs and, as inputs of float32, the crossing
   * tensors.
   */
  readonly tail: OnnxModel;
  readonly crossing: readonly string[];
}

/**
 * Splits what makes `outputs` in front of one node, so that the tail can be run again and again
 * with other forms of that node. What depends on no input is in the tail; an output that does not
 * depend on the node crosses from the head through the tail. Null where none depends on it.
 *
 * @param node its first output
 */
export function splitGraph(model: OnnxModel, node: string, outputs: readonly string[]): SplitGraph | null {
  const { graph, index } = model;
  const behind = descendants(model, node);
  if (!outputs.some((output) => behind.has(index.producers.get(output)!))) return null;
  const tail = new Set<NodeProto>();
  const crossing = new Set<string>();
  const read = new Set<string>(outputs);
  const open = [...outputs];
  for (let tensor = open.pop(); tensor !== undefined; tensor = open.pop()) {
    const producer = index.producers.get(tensor);
    if (producer === undefined || tail.has(producer)) continue;
    if (!behind.has(producer) && dependsOnInputs(model, tensor)) {
      crossing.add(tensor);
      continue;
    }
    tail.add(producer);
    for (const input of [...producer.input, ...capturedTensors(producer)]) {
      read.add(input);
      open.push(input);
    }
  }
  const fed = new Set(index.inputs);
  const tailGraph = copyGraph(graph, {
    node: graph.node.filter((own) => tail.has(own)),
    initializer: graph.initializer.filter(({ name }) => read.has(name)),
    input: [...graph.input.filter(({ name }) => fed.has(name) || read.has(name)), ...[...crossing].map(floatInput)],
    output: graph.output.filter(({ name }) => outputs.includes(name)),
  });
  return {
    head: crossing.size === 0 ? null : cutGraph(model, [...crossing]),
    tail: withGraph(model, tailGraph),
    crossing: [...crossing],
  };
}

/** The node and every node that depends on it. */
function descendants({ index }: OnnxModel, node: string): ReadonlySet<NodeProto> {
  const found = new Set<NodeProto>();
  const open = [index.producers.get(node)!];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (found.has(next)) continue;
    found.add(next);
    for (const tensor of next.output)
      for (const { node: reader } of index.consumers.get(tensor) ?? []) open.push(reader);
  }
  return found;
}

function floatInput(name: string): ValueInfoProto {
  const tensorType = create(TypeProto_TensorSchema, { elemType: TensorProto_DataType.FLOAT });
  return create(ValueInfoProtoSchema, {
    name,
    type: create(TypeProtoSchema, { tensorType }),
  });
}
