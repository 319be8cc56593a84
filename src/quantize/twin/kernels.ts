import type { NodeProto } from '../../onnx/proto/onnx_pb.js';
import { writeAdd } from './add.js';
import { writeAveragePool } from './average-pool.js';
import { writeMul } from './mul.js';
import { writeSoftmax } from './softmax.js';
import { writeConv, writeGemm, writeMatMul } from './products.js';
import { writeGlobalAveragePool } from './global-average-pool.js';
import { writePass } from './pass.js';
import type { TwinGraph } from './twin-graph.js';

/**
 * Writes a node as its integer kernel computes it.
 *
 * @returns false where the runtime computes the node in float; nothing is written then
 */
export type TwinKernel = (twin: TwinGraph, node: NodeProto) => boolean;

/** Kernels by operator. */
export const twinKernels: ReadonlyMap<string, TwinKernel> = new Map(
  Object.entries({
    Conv: writeConv,
    Gemm: writeGemm,
    MatMul: writeMatMul,
    Add: writeAdd,
    Mul: writeMul,
    AveragePool: writeAveragePool,
    GlobalAveragePool: writeGlobalAveragePool,
    Softmax: writeSoftmax,
    MaxPool: writePass,
    Flatten: writePass,
    Reshape: writePass,
    Transpose: writePass,
    Squeeze: writePass,
    Unsqueeze: writePass,
    Slice: writePass,
    Gather: writePass,
    DepthToSpace: writePass,
    Expand: writePass,
    Identity: writePass,
    Resize: writePass,
  } satisfies Record<string, TwinKernel>),
);
