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
import { floatTensor } from '../graph/tensor.js';
import { toBinary } from '@bufbuild/protobuf';
import type { JobContext } from './job-context.js';
import type { JobResult } from './jobs.js';
import { onnxruntimeVersion, profileKernels } from './session.js';

/**
 * Runs a model of one convolution on the child's provider: with CUDA that also needs cuDNN.
 *
 * @throws RuntimeError with what the runtime says is missing
 */
export async function runProbe({ session, clock }: JobContext): Promise<JobResult<'probe'>> {
  const batch = { data: new Float32Array(16).fill(1), dims: [1, 1, 4, 4] };
  const { provider, kernels } = await profileKernels(convolution(), 'x', batch, session);
  return {
    value: { onnxruntimeVersion: onnxruntimeVersion() },
    execution: { provider, kernels, timings: clock.timings },
  };
}

function convolution(): Uint8Array {
  const value = (name: string, shape: readonly bigint[]) =>
    create(ValueInfoProtoSchema, {
      name,
      type: create(TypeProtoSchema, {
        tensorType: create(TypeProto_TensorSchema, {
          elemType: TensorProto_DataType.FLOAT,
          shape: create(TensorShapeProtoSchema, {
            dim: shape.map((dimValue) =>
              create(TensorShapeProto_DimensionSchema, { value: { case: 'dimValue', value: dimValue } }),
            ),
          }),
        }),
      }),
    });
  const graph = create(GraphProtoSchema, {
    name: 'probe',
    node: [makeNode('Conv', ['x', 'w'], 'y')],
    input: [value('x', [1n, 1n, 4n, 4n])],
    output: [value('y', [1n, 1n, 2n, 2n])],
    initializer: [floatTensor('w', [1, 1, 3, 3], new Float32Array(9).fill(1))],
  });
  const opsetImport = [create(OperatorSetIdProtoSchema, { domain: '', version: 13n })];
  return toBinary(ModelProtoSchema, create(ModelProtoSchema, { irVersion: 8n, opsetImport, graph }));
}
