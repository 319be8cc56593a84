import type { NodeProto } from '../../onnx/proto/onnx_pb.js';
import { writeAdd } from './add.js';
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
    GlobalAveragePool: writeGlobalAveragePool,
    MaxPool: writePass,
    Flatten: writePass,
    Reshape: writePass,
    Transpose: writePass,
    Squeeze: writePass,
    Unsqueeze: writePass,
  } satisfies Record<string, TwinKernel>),
);
