import { firstOutput } from '../../onnx/graph-index.js';
import { intAttribute, intsAttribute, makeNode } from '../../onnx/node.js';
import type { NodeProto } from '../../onnx/proto/onnx_pb.js';
import { FLOAT32, int64Tensor } from '../../onnx/tensor.js';
import { cast, INT32 } from './integer-sum.js';
import { rankOf } from './rank-of.js';
import { roundToSteps } from './requantize.js';
import type { TwinGraph } from './twin-graph.js';

/**
 * QLinearGlobalAveragePool over n places:
 * `clip(round(float32(sum(a - z_x)) * float32(s_x / float32(s_y * n))) + z_y)`.
 */
export function writeGlobalAveragePool(twin: TwinGraph, node: NodeProto): boolean {
  const input = twin.quantizerRead(node, 0);
  const output = input === null ? null : twin.integerOutput(node);
  const rank = rankOf(twin.base, node.input[0]!);
  if (input === null || output === null || rank === null) return false;
  const { patch } = twin;
  const name = twin.nameOf(firstOutput(node));
  const axes = Array.from({ length: rank - 2 }, (_, index) => index + 2);
  const integers = cast(twin, twin.steps(input), INT32, `${name}/integers`);
  const sum = cast(twin, reduceSum(twin, integers, axes, `${name}/integer_sum`), FLOAT32, `${name}/sum`);
  const places = patch.apply('Shape', [twin.steps(input)], `${name}/shape`);
  const sizes = patch.initializer(int64Tensor(`${name}/axes`, axes));
  const spatial = patch.apply('Gather', [places, sizes], `${name}/sizes`);
  const count = cast(twin, spatial, FLOAT32, `${name}/float_sizes`);
  patch.node(makeNode('ReduceProd', [count], `${name}/count`, [intAttribute('keepdims', 0)]));
  const divisor = patch.apply('Mul', [twin.scale(output.quantizer), `${name}/count`], `${name}/divisor`);
  const multiplier = patch.apply('Div', [twin.scale(input), divisor], `${name}/multiplier`);
  const scaled = patch.apply('Mul', [multiplier, sum], `${name}/scaled`);
  const real = twin.realOutput(node, output);
  if (real !== null) twin.apply('Mul', [twin.scale(output.quantizer), scaled], real);
  twin.setSteps(node, output, roundToSteps(twin, scaled, output.quantizer));
  return true;
}

/** With the axes kept. */
function reduceSum({ patch, base }: TwinGraph, tensor: string, axes: readonly number[], output: string): string {
  const keep = intAttribute('keepdims', 1);
  const node =
    base.opset >= 13
      ? makeNode('ReduceSum', [tensor, patch.initializer(int64Tensor(`${output}/axes`, axes))], output, [keep])
      : makeNode('ReduceSum', [tensor], output, [intsAttribute('axes', axes), keep]);
  patch.node(node);
  return output;
}
