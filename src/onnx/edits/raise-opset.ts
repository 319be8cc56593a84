import { create } from '@bufbuild/protobuf';
import { isDefaultDomain } from '../layers/hidden-layers.js';
import { copyNode, readIntAttribute, stringAttribute } from '../node.js';
import { copyGraph, withGraph, type OnnxModel } from '../onnx-model.js';
import {
  ModelProtoSchema,
  OperatorSetIdProtoSchema,
  TensorProto_DataType,
  type NodeProto,
  type TensorProto,
} from '../proto/onnx_pb.js';
import { subgraphsOf } from '../subgraphs.js';
import { floatTensor, int64Tensor, rawTensor } from '../tensor.js';

/** The first opset with QuantizeLinear and QLinearConv. */
export const QUANTIZED_OPSET = 10;

/** A node as opset 10 writes it, with the constants that were attributes. */
interface Raised {
  readonly node: NodeProto;
  readonly constants: readonly TensorProto[];
}

/**
 * The model in opset 10, the same function: Slice and TopK take as inputs what were attributes,
 * Upsample is called Resize, BatchNormalization has no `spatial`. Other operators are the same in
 * opsets 7 to 10.
 *
 * @returns a newer model as it is; null where an operator can't be written in opset 10
 */
export function raiseOpset(model: OnnxModel): OnnxModel | null {
  if (model.opset >= QUANTIZED_OPSET) return model;
  const raised: Raised[] = [];
  for (const node of model.graph.node) {
    if (subgraphsOf(node).length > 0) return null;
    const own = isDefaultDomain(node) ? raiseNode(model, node) : { node, constants: [] };
    if (own === null) return null;
    raised.push(own);
  }
  const graph = copyGraph(model.graph, {
    node: raised.map(({ node }) => node),
    initializer: [...model.graph.initializer, ...raised.flatMap(({ constants }) => constants)],
  });
  const proto = Object.assign(create(ModelProtoSchema), model.proto, {
    opsetImport: model.proto.opsetImport.map((entry) =>
      entry.domain === '' || entry.domain === 'ai.onnx'
        ? create(OperatorSetIdProtoSchema, { domain: entry.domain, version: BigInt(QUANTIZED_OPSET) })
        : entry,
    ),
  });
  return withGraph({ ...model, proto }, graph);
}

function raiseNode(model: OnnxModel, node: NodeProto): Raised | null {
  const output = node.output.find((name) => name !== '')!;
  const named = (part: string): string => `${model.ownPrefix}opset/${output}/${part}`;
  const without = (...names: readonly string[]) => node.attribute.filter(({ name }) => !names.includes(name));
  switch (node.opType) {
    case 'Slice': {
      const given = (name: string) => node.attribute.find((attribute) => attribute.name === name)?.ints;
      const [starts, ends] = [given('starts'), given('ends')];
      if (!starts || !ends) return null;
      const axes = given('axes') ?? starts.map((_, axis) => BigInt(axis));
      const constants = Object.entries({ starts, ends, axes }).map(([part, values]) => longTensor(named(part), values));
      const input = [node.input[0]!, ...constants.map(({ name }) => name)];
      return { node: copyNode(node, { input, attribute: without('starts', 'ends', 'axes') }), constants };
    }
    case 'TopK': {
      const k = int64Tensor(named('k'), [readIntAttribute(node, 'k', 1)]);
      return { node: copyNode(node, { input: [node.input[0]!, k.name], attribute: without('k') }), constants: [k] };
    }
    case 'Upsample': {
      const scales = node.attribute.find(({ name }) => name === 'scales')?.floats;
      const constants =
        scales === undefined ? [] : [floatTensor(named('scales'), [scales.length], Float32Array.from(scales))];
      const input = [...node.input, ...constants.map(({ name }) => name)];
      const kept = without('scales');
      const attribute = kept.some(({ name }) => name === 'mode') ? kept : [...kept, stringAttribute('mode', 'nearest')];
      return { node: copyNode(node, { opType: 'Resize', input, attribute }), constants };
    }
    case 'BatchNormalization':
      return readIntAttribute(node, 'spatial', 1) === 1
        ? { node: copyNode(node, { attribute: without('spatial') }), constants: [] }
        : null;
    case 'Dropout':
      // Its mask became one of truth values.
      return node.output.length === 1 ? { node, constants: [] } : null;
    default:
      return { node, constants: [] };
  }
}

/** An end of 2^63 - 1 is no number of JavaScript. */
function longTensor(name: string, values: readonly bigint[]): TensorProto {
  const { buffer } = BigInt64Array.from(values);
  return rawTensor(name, [values.length], TensorProto_DataType.INT64, new Uint8Array(buffer));
}
