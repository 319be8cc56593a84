import { create } from '@bufbuild/protobuf';
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
} from '../graph/onnx_pb.js';
import { makeNode } from '../graph/node.js';
import { toBinary } from '@bufbuild/protobuf';
import type { JobContext } from './job-context.js';
import type { JobResult } from './jobs.js';
import { onnxruntimeVersion, profileKernels } from './session.js';

/** Runs a model of one addition on the child's provider. @throws RuntimeError with what the runtime says is missing */
export async function runProbe({ session, clock }: JobContext): Promise<JobResult<'probe'>> {
  const batch = { data: Float32Array.of(1, 2), dims: [1, 2] };
  const { provider } = await profileKernels(additionModel(), 'x', batch, session);
  return { value: { onnxruntimeVersion: onnxruntimeVersion() }, execution: { provider, timings: clock.timings } };
}

function additionModel(): Uint8Array {
  const value = (name: string) =>
    create(ValueInfoProtoSchema, {
      name,
      type: create(TypeProtoSchema, {
        tensorType: create(TypeProto_TensorSchema, {
          elemType: TensorProto_DataType.FLOAT,
          shape: create(TensorShapeProtoSchema, {
            dim: [1n, 2n].map((dimValue) =>
              create(TensorShapeProto_DimensionSchema, { value: { case: 'dimValue', value: dimValue } }),
            ),
          }),
        }),
      }),
    });
  const graph = create(GraphProtoSchema, {
    name: 'probe',
    node: [makeNode('Add', ['x', 'x'], 'y')],
    input: [value('x')],
    output: [value('y')],
  });
  const opsetImport = [create(OperatorSetIdProtoSchema, { domain: '', version: 13n })];
  return toBinary(ModelProtoSchema, create(ModelProtoSchema, { irVersion: 8n, opsetImport, graph }));
}
