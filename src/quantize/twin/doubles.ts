import { TensorProto_DataType } from '../../onnx/proto/onnx_pb.js';
import { FLOAT32, rawTensor } from '../../onnx/tensor.js';
import { cast } from './integer-sum.js';
import type { TwinGraph } from './twin-graph.js';

export const FLOAT64: number = TensorProto_DataType.DOUBLE;

/** A float64 scalar. */
export function double({ patch }: TwinGraph, name: string, value: number): string {
  const bytes = new Uint8Array(Float64Array.of(value).buffer);
  return patch.initializer(rawTensor(name, [], FLOAT64, bytes));
}

/**
 * `float32(x * factor + addend)`, rounded once as a fused multiply-add is. In float64 product and
 * sum
 * of the numbers that kernels take it of (8 times 24 bits, and a sum of 24) are exact.
 *
 * @param x float32
 * @param addend float64 tensor
 */
export function fusedMultiplyAdd(twin: TwinGraph, x: string, factor: number, addend: string, output: string): string {
  const { patch } = twin;
  const wide = cast(twin, x, FLOAT64, `${output}/x`);
  const product = patch.apply('Mul', [wide, double(twin, `${output}/factor`, factor)], `${output}/product`);
  return cast(twin, patch.apply('Add', [product, addend], `${output}/wide`), FLOAT32, output);
}
