import { create } from '@bufbuild/protobuf';
import { applyEdits } from './edits.js';
import { capturedTensors, firstOutput } from '../graph-index.js';
import { copyGraph, withGraph, type OnnxModel } from '../onnx-model.js';
import {
  TypeProtoSchema,
  TypeProto_TensorSchema,
  ValueInfoProtoSchema,
  type ValueInfoProto,
} from '../proto/onnx_pb.js';
import { FLOAT32 } from '../tensor.js';

interface Part {
  /** First outputs of its nodes. */
  readonly nodes: ReadonlySet<string>;
  /** Which of the given tensors it reads. */
  readonly inputs: ReadonlySet<string>;
}

/** What computes the tensors, where some are given. */
function partOf(model: OnnxModel, tensors: readonly string[], given: ReadonlySet<string>): Part {
  const nodes = new Set<string>();
  const inputs = new Set<string>();
  const open = [...tensors];
  for (let tensor = open.pop(); tensor !== undefined; tensor = open.pop()) {
    if (given.has(tensor)) {
      inputs.add(tensor);
      continue;
    }
    const node = model.index.producers.get(tensor);
    if (node === undefined || nodes.has(firstOutput(node))) continue;
    nodes.add(firstOutput(node));
    for (const input of [...node.input, ...capturedTensors(node)]) open.push(input);
  }
  return { nodes, inputs };
}

/** Which of the given tensors are read on the way to the others. */
export function readOnTheWay(
  model: OnnxModel,
  tensors: readonly string[],
  given: ReadonlySet<string>,
): ReadonlySet<string> {
  return partOf(model, tensors, given).inputs;
}

/**
 * The part of a model that computes some tensors, which are its outputs, from its inputs and from
 * float32 tensors that are given: those become further inputs.
 *
 * @param given each the only output of its node
 */
export function cutGraph(
  model: OnnxModel,
  tensors: readonly string[],
  given: ReadonlySet<string> = new Set(),
): OnnxModel {
  const part = partOf(model, tensors, given);
  const graph = copyGraph(model.graph, {
    node: model.graph.node.filter((node) => part.nodes.has(firstOutput(node))),
    input: [...model.graph.input, ...Array.from(part.inputs, floatInput)],
    output: [],
    valueInfo: model.graph.valueInfo.filter(({ name }) => !part.inputs.has(name)),
  });
  return applyEdits(withGraph(model, graph), [{ kind: 'setOutputs', tensors }]);
}

function floatInput(name: string): ValueInfoProto {
  const tensorType = create(TypeProto_TensorSchema, { elemType: FLOAT32 });
  return create(ValueInfoProtoSchema, { name, type: create(TypeProtoSchema, { tensorType }) });
}
