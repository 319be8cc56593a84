import { create } from '@bufbuild/protobuf';
import { intAttribute } from '../../../src/onnx/node.js';
import {
  ModelProtoSchema,
  TensorProto_DataType,
  type TensorProto,
  type ValueInfoProto,
} from '../../../src/onnx/proto/onnx_pb.js';
import { FLOAT32, rawTensor } from '../../../src/onnx/tensor.js';
import { decodeModel, type OnnxModel } from '../../../src/onnx/onnx-model.js';
import { modelBytes, node, value, type ModelSpec } from '../build-model.js';
import { fromBinary, toBinary } from '@bufbuild/protobuf';

const { DOUBLE, FLOAT, FLOAT16 } = TensorProto_DataType;

export type FloatType =
  | TensorProto_DataType.FLOAT
  | TensorProto_DataType.FLOAT16
  | TensorProto_DataType.BFLOAT16
  | TensorProto_DataType.DOUBLE;

/** What a hand-made model of a float type has besides its nodes. */
export interface TypedSpec extends ModelSpec {
  readonly type: FloatType;
  /** Shapes of its outputs, which are of the type too. */
  readonly outputShapes: Readonly<Record<string, readonly (number | string)[]>>;
  /**
   * True: inputs and outputs are float32 and cast inside, as converters write them that keep the
   * types of both (`keep_io_types`).
   */
  readonly keepsEnds?: boolean;
}

/** Numbers that every float type has: a sign and 4 digits of a binary fraction. */
export function plainFloats(values: Float32Array): Float32Array {
  return values.map((own) => Math.round(own * 16) / 16);
}

/** A float32 tensor in another float type; its numbers must be exact in it. */
export function typedTensor(tensor: TensorProto, type: FloatType): TensorProto {
  const floats = new Float32Array(new Uint8Array(tensor.rawData).buffer);
  const bytes =
    type === FLOAT ? floats : type === DOUBLE ? Float64Array.from(floats) : Uint16Array.from(floats, literalBits(type));
  return rawTensor(tensor.name, tensor.dims.map(Number), type, new Uint8Array(bytes.buffer));
}

/** Bits by the definition of the type, of numbers that it has exactly. */
function literalBits(type: FloatType): (own: number) => number {
  const [exponentBits, fractionBits] = type === FLOAT16 ? [5, 10] : [8, 7];
  const bias = 2 ** (exponentBits - 1) - 1;
  return (own) => {
    if (own === 0) return 0;
    const exponent = Math.floor(Math.log2(Math.abs(own)));
    const fraction = Math.abs(own) / 2 ** exponent - 1;
    return (own < 0 ? 0x8000 : 0) | ((exponent + bias) << fractionBits) | (fraction * 2 ** fractionBits);
  };
}

/** The bytes of the model in its float type. */
export function typedModelBytes({ type, outputShapes, keepsEnds = false, ...spec }: TypedSpec): Uint8Array {
  const initializers = (spec.initializers ?? []).map((own) =>
    own.dataType === FLOAT32 ? typedTensor(own, type) : own,
  );
  const inputs = spec.inputs ?? [];
  const names = Object.keys(outputShapes);
  const outputsOf = (ofType: FloatType): ValueInfoProto[] =>
    Object.entries(outputShapes).map(([name, dims]) => value(name, dims, ofType));
  if (!keepsEnds) {
    return withOutputs(
      modelBytes({ ...spec, initializers, inputs: inputs.map((own) => ofType(own, type)), outputs: names }),
      outputsOf(type),
    );
  }
  const ends = new Set([...names, ...inputs.map(({ name }) => name)]);
  const inside = (name: string): string => (ends.has(name) ? `${name}/inside` : name);
  const nodes = spec.nodes.map((own) => ({ ...own, input: own.input.map(inside), output: own.output.map(inside) }));
  const castsIn = inputs.map(({ name }) => node('Cast', [name], inside(name), [intAttribute('to', type)]));
  const castsOut = names.map((name) => node('Cast', [inside(name)], name, [intAttribute('to', FLOAT)]));
  return withOutputs(
    modelBytes({ ...spec, initializers, nodes: [...castsIn, ...nodes, ...castsOut], outputs: names }),
    outputsOf(FLOAT),
  );
}

export function typedModel(spec: TypedSpec): OnnxModel {
  return decodeModel(typedModelBytes(spec));
}

function withOutputs(bytes: Uint8Array, output: ValueInfoProto[]): Uint8Array {
  const proto = fromBinary(ModelProtoSchema, bytes);
  proto.graph!.output = output;
  return toBinary(ModelProtoSchema, Object.assign(create(ModelProtoSchema), proto));
}

function ofType(own: ValueInfoProto, type: FloatType): ValueInfoProto {
  const dims = own.type!.tensorType!.shape!.dim.map(({ value: dim }) =>
    dim.case === 'dimValue' ? Number(dim.value) : dim.case === 'dimParam' ? dim.value : '',
  );
  return value(own.name, dims, type);
}
