import { create, toBinary } from '@bufbuild/protobuf';
import {
  AttributeProtoSchema,
  AttributeProto_AttributeType,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  TensorProto_DataType,
  TensorShapeProtoSchema,
  TensorShapeProto_DimensionSchema,
  TypeProtoSchema,
  TypeProto_TensorSchema,
  ValueInfoProtoSchema,
  type AttributeProto,
  type GraphProto,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from '../../src/onnx/proto/onnx_pb.js';
import { findLayers, type Layer } from '../../src/onnx/layers/layers.js';
import { decodeModel, type OnnxModel } from '../../src/onnx/onnx-model.js';
import { floatTensor } from '../../src/onnx/tensor.js';

/** A hand-made model. Dimensions are numbers, or names where they are free. */
export interface ModelSpec {
  readonly nodes: readonly NodeProto[];
  readonly inputs?: readonly ValueInfoProto[];
  /** Names, or values with a stated type and shape. */
  readonly outputs?: readonly (string | ValueInfoProto)[];
  readonly initializers?: readonly TensorProto[];
  /** 13 unless given. */
  readonly opset?: number;
  readonly irVersion?: number;
}

/** A node named like its first output unless `name` says otherwise. */
export function node(
  opType: string,
  inputs: readonly string[],
  outputs: string | readonly string[],
  attributes: readonly AttributeProto[] = [],
  name?: string,
): NodeProto {
  const output = typeof outputs === 'string' ? [outputs] : [...outputs];
  return create(NodeProtoSchema, {
    opType,
    name: name ?? output[0]!,
    input: [...inputs],
    output,
    attribute: [...attributes],
  });
}

export function value(
  name: string,
  dims: readonly (number | string)[],
  elemType: TensorProto_DataType = TensorProto_DataType.FLOAT,
): ValueInfoProto {
  const dim = dims.map((d) =>
    create(TensorShapeProto_DimensionSchema, {
      value: typeof d === 'number' ? { case: 'dimValue', value: BigInt(d) } : { case: 'dimParam', value: d },
    }),
  );
  const shape = create(TensorShapeProtoSchema, { dim });
  return create(ValueInfoProtoSchema, {
    name,
    type: create(TypeProtoSchema, { tensorType: create(TypeProto_TensorSchema, { elemType, shape }) }),
  });
}

export function tensor(name: string, dims: readonly number[], values: Iterable<number>): TensorProto {
  return floatTensor(name, dims, Float32Array.from(values));
}

export function tensorAttribute(name: string, t: TensorProto): AttributeProto {
  return create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.TENSOR, t });
}

export function graphAttribute(name: string, g: GraphProto): AttributeProto {
  return create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.GRAPH, g });
}

export function subgraph(nodes: readonly NodeProto[], outputs: readonly string[]): GraphProto {
  const output = outputs.map((name) => create(ValueInfoProtoSchema, { name }));
  return create(GraphProtoSchema, { name: 'subgraph', node: [...nodes], output });
}

/**
 * Bytes of the `.onnx` file. The only input is `x` and the only output `y` unless the spec says
 * otherwise.
 */
export function modelBytes(spec: ModelSpec): Uint8Array {
  const graph = create(GraphProtoSchema, {
    name: 'hand-made',
    node: [...spec.nodes],
    initializer: [...(spec.initializers ?? [])],
    input: [...(spec.inputs ?? [create(ValueInfoProtoSchema, { name: 'x' })])],
    output: (spec.outputs ?? ['y']).map((given) =>
      typeof given === 'string' ? create(ValueInfoProtoSchema, { name: given }) : given,
    ),
  });
  const opsetImport = [create(OperatorSetIdProtoSchema, { domain: '', version: BigInt(spec.opset ?? 13) })];
  const irVersion = BigInt(spec.irVersion ?? 8);
  return toBinary(ModelProtoSchema, create(ModelProtoSchema, { irVersion, opsetImport, graph }));
}

export function buildModel(spec: ModelSpec): OnnxModel {
  return decodeModel(modelBytes(spec));
}

/** The supported layers of a model. */
export function layersOf(model: OnnxModel): readonly Layer[] {
  return findLayers(model).filter((l) => l.supported);
}

/** Initializer values of a model. */
export function floatsOf(model: OnnxModel, name: string): number[] {
  const { rawData } = model.index.initializers.get(name)!;
  return [...new Float32Array(new Uint8Array(rawData).buffer)];
}

/** The graph as text, a line a node: `outputs = Op(inputs) {attributes}`. */
export function graphText(model: OnnxModel): string {
  return model.graph.node
    .map(({ opType, input, output, attribute }) => {
      const attributes = attribute.map((a) => {
        const shown =
          a.type === AttributeProto_AttributeType.INTS
            ? `[${a.ints.join(', ')}]`
            : a.type === AttributeProto_AttributeType.FLOAT
              ? a.f
              : a.i;
        return `${a.name}=${shown}`;
      });
      const suffix = attributes.length === 0 ? '' : ` {${attributes.join(', ')}}`;
      return `${output.join(', ')} = ${opType}(${input.join(', ')})${suffix}`;
    })
    .join('\n');
}
