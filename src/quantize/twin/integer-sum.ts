import { intAttribute, makeNode } from '../../onnx/node.js';
import { TensorProto_DataType } from '../../onnx/proto/onnx_pb.js';
import { FLOAT32, rawTensor } from '../../onnx/tensor.js';
import type { TwinGraph } from './twin-graph.js';

/** Up to this magnitude float32 holds every integer. */
export const LARGEST_EXACT = 2 ** 24;

export const INT32: number = TensorProto_DataType.INT32;

/**
 * What makes up the int32 sums of a kernel; tensors hold whole numbers within {@link
 * LARGEST_EXACT}.
 */
export interface IntegerParts {
  readonly first: string;
  /**
   * Are taken off. Not added: the runtime makes one convolution of two that are added, which adds
   * up
   * in an order of its own and rounds on the way.
   */
  readonly negatives: readonly string[];
  /** Is added; of a shape that broadcasts. Null: nothing. */
  readonly constant: { readonly values: Int32Array; readonly dims: readonly number[] } | null;
}

/**
 * `float32(sum)`, rounded once, as kernels make float32 of their int32 sums. Two parts are added in
 * float32, which rounds their exact sum; more of them as int32.
 */
export function integerSum(twin: TwinGraph, { first, negatives, constant }: IntegerParts, name: string): string {
  const { patch } = twin;
  if (constant === null && negatives.length === 0) return first;
  if (constant === null && negatives.length === 1) return patch.apply('Sub', [first, negatives[0]!], name);
  let sum = cast(twin, first, INT32, `${name}/int32`);
  for (const [index, tensor] of negatives.entries()) {
    const negative = cast(twin, tensor, INT32, `${name}/int32/${index}`);
    sum = patch.apply('Sub', [sum, negative], `${name}/sum/${index}`);
  }
  if (constant !== null) {
    const { values, dims } = constant;
    sum = patch.apply('Add', [sum, int32s(twin, `${name}/constant`, dims, values)], `${name}/sum`);
  }
  return cast(twin, sum, FLOAT32, name);
}

export function cast({ patch }: TwinGraph, tensor: string, dataType: number, output: string): string {
  patch.node(makeNode('Cast', [tensor], output, [intAttribute('to', dataType)]));
  return output;
}

function int32s({ patch }: TwinGraph, name: string, dims: readonly number[], values: Int32Array): string {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return patch.initializer(rawTensor(name, dims, INT32, bytes));
}
