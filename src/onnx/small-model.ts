import { create, toBinary } from '@bufbuild/protobuf';
import {
  GraphProtoSchema,
  ModelProtoSchema,
  OperatorSetIdProtoSchema,
  TensorProto_DataType,
  TensorShapeProtoSchema,
  TensorShapeProto_DimensionSchema,
  TypeProtoSchema,
  TypeProto_TensorSchema,
  ValueInfoProtoSchema,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from './proto/onnx_pb.js';

/** What a model to try a provider with consists of: from input `x` to output `y`, both float32. */
export interface SmallModel {
  readonly nodes: readonly NodeProto[];
  readonly inputShape: readonly number[];
  /** Null: as the runtime finds it. */
  readonly outputShape: readonly number[] | null;
  readonly initializers: readonly TensorProto[];
}

/** The bytes of an `.onnx` file of opset 13. */
export function smallModel({ nodes, inputShape, outputShape, initializers }: SmallModel): Uint8Array {
  const graph = create(GraphProtoSchema, {
    name: 'small',
    node: [...nodes],
    input: [float32('x', inputShape)],
    output: [float32('y', outputShape)],
    initializer: [...initializers],
  });
  const opsetImport = [create(OperatorSetIdProtoSchema, { domain: '', version: 13n })];
  return toBinary(ModelProtoSchema, create(ModelProtoSchema, { irVersion: 8n, opsetImport, graph }));
}

function float32(name: string, dims: readonly number[] | null): ValueInfoProto {
  const dim = dims?.map((size) =>
    create(TensorShapeProto_DimensionSchema, { value: { case: 'dimValue', value: BigInt(size) } }),
  );
  const shape = dim && create(TensorShapeProtoSchema, { dim });
  const elemType = TensorProto_DataType.FLOAT;
  const tensorType = create(TypeProto_TensorSchema, { elemType, ...(shape && { shape }) });
  return create(ValueInfoProtoSchema, { name, type: create(TypeProtoSchema, { tensorType }) });
}
