import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  GraphProtoSchema,
  ModelProtoSchema,
  TensorProto_DataLocation,
  type GraphProto,
  type ModelProto,
  type TensorProto,
} from './proto/onnx_pb.js';
import { checkTensor, rawBytes } from './check-tensor.js';
import { checkMessageCount } from './count-messages.js';
import { indexGraph, type GraphIndex } from './graph-index.js';
import { defaultOpset } from './opset-range.js';
import { densifyGraph, sparsePartsOf } from './edits/densify.js';
import { ModelError } from './model-error.js';
import { freePrefix } from './own-names.js';
import { subgraphsOf } from './subgraphs.js';
import { sortNodes } from './sort-nodes.js';

/** Largest model that protobuf and onnxruntime can hold in one buffer. */
export const LARGEST_MODEL_BYTES = 2 ** 31 - 1;

/**
 * An ONNX model that nothing changes: transformations return a new one (see `edits.ts`). All
 * tensors are inside it: external data is read when the model is decoded.
 */
export interface OnnxModel {
  readonly proto: ModelProto;
  readonly graph: GraphProto;
  readonly index: GraphIndex;
  /** Version of the default operator set. */
  readonly opset: number;
  /** What names that are added begin with: no name of the model as it was decoded does. */
  readonly ownPrefix: string;
}

/**
 * Reads a piece of an external data file that lies beside the model; `length` null: to the end of
 * the file.
 */
export type ReadExternal = (location: string, offset: number, length: number | null) => Uint8Array;

/**
 * Decodes the bytes of an `.onnx` file (opset 7 to 26) and checks what every later step relies on:
 * one graph, unique tensor names, no cycle, no missing tensor, as many numbers as each shape says.
 * Sparse tensors become dense, unknown fields are kept.
 *
 * @throws ModelError naming what is wrong
 */
export function decodeModel(bytes: Uint8Array, readExternal?: ReadExternal): OnnxModel {
  checkMessageCount(ModelProtoSchema, bytes);
  let proto: ModelProto;
  try {
    proto = fromBinary(ModelProtoSchema, bytes);
  } catch (cause) {
    throw new ModelError(
      `Expected an ONNX model, got ${bytes.length} bytes that do not decode as one. The file is truncated or of another format.`,
      { cause },
    );
  }
  if (proto.graph === undefined || proto.graph.node.length === 0) {
    throw new ModelError(
      `Expected an ONNX model with a graph, got ${bytes.length} bytes without any node. The file is truncated or of another format.`,
    );
  }
  for (const tensor of sparsePartsOf(proto.graph)) inlineExternalData(tensor, readExternal);
  densifyGraph(proto.graph);
  for (const tensor of tensorsOf(proto.graph)) {
    inlineExternalData(tensor, readExternal);
    checkTensor(tensor);
  }
  const model = modelOf(proto, freePrefix(proto.graph));
  sortNodes(proto.graph.node); // Only for its refusal of a cycle: the model's own order stays.
  return model;
}

/** Bytes of the model as an `.onnx` file. */
export function encodeModel(model: OnnxModel): Uint8Array {
  const bytes = toBinary(ModelProtoSchema, model.proto);
  if (bytes.length > LARGEST_MODEL_BYTES) {
    throw new ModelError(
      `Expected a graph of at most 2 GB, got ${bytes.length} bytes: protobuf can't hold more. The graphs that measure losses hold the weights twice, those of a search once for each candidate.`,
    );
  }
  return bytes;
}

/** Bytes of the graph alone, by which graphs are compared. */
export function encodeGraph(graph: GraphProto): Uint8Array {
  return toBinary(GraphProtoSchema, graph);
}

/** The model with another graph; checks the graph anew. */
export function withGraph(model: OnnxModel, graph: GraphProto): OnnxModel {
  const proto = Object.assign(create(ModelProtoSchema), model.proto, { graph });
  return modelOf(proto, model.ownPrefix);
}

/** A copy of the graph with some fields replaced; unknown fields are kept. */
export function copyGraph(graph: GraphProto, changes: Partial<GraphProto>): GraphProto {
  return Object.assign(create(GraphProtoSchema), graph, changes);
}

function modelOf(proto: ModelProto, ownPrefix: string): OnnxModel {
  const graph = proto.graph!;
  return { proto, graph, index: indexGraph(graph), opset: defaultOpset(proto), ownPrefix };
}

/** Initializers and tensors in attributes, those of subgraphs included. */
export function* tensorsOf(graph: GraphProto): Generator<TensorProto> {
  yield* graph.initializer;
  for (const node of graph.node) {
    for (const { t, tensors } of node.attribute) {
      if (t !== undefined) yield t;
      yield* tensors;
    }
    for (const subgraph of subgraphsOf(node)) yield* tensorsOf(subgraph);
  }
}

function inlineExternalData(tensor: TensorProto, readExternal: ReadExternal | undefined): void {
  if (tensor.dataLocation !== TensorProto_DataLocation.EXTERNAL) return;
  const entries = new Map(tensor.externalData.map((e) => [e.key, e.value]));
  const location = entries.get('location');
  if (location === undefined || readExternal === undefined) {
    throw new ModelError(`Initializer "${tensor.name}" has external data, but no file for it is given.`);
  }
  const length = entries.get('length');
  const expected = rawBytes(tensor);
  const wanted = length === undefined ? expected : nonNegativeInteger(tensor.name, 'length', length);
  if (expected !== null && wanted !== expected) {
    throw new ModelError(
      `Initializer "${tensor.name}": expected ${expected} bytes for shape [${tensor.dims.join(', ')}], got ${wanted} of external data.`,
    );
  }
  tensor.rawData = readExternal(
    location,
    nonNegativeInteger(tensor.name, 'offset', entries.get('offset') ?? '0'),
    wanted,
  );
  tensor.dataLocation = TensorProto_DataLocation.DEFAULT;
  tensor.externalData = [];
}

function nonNegativeInteger(tensor: string, field: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new ModelError(`Initializer "${tensor}": expected external data ${field} to be a byte count, got "${text}".`);
  }
  return value;
}
