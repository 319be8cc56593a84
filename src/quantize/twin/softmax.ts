import { firstOutput } from '../../onnx/graph-index.js';
import { intAttribute, intsAttribute, makeNode, readIntAttribute } from '../../onnx/node.js';
import type { NodeProto } from '../../onnx/proto/onnx_pb.js';
import { FLOAT32, int64Tensor, rawTensor } from '../../onnx/tensor.js';
import { double, FLOAT64 } from './doubles.js';
import { cast, INT32 } from './integer-sum.js';
import { rankOf } from './rank-of.js';
import { roundToSteps } from './requantize.js';
import { slice } from './slice.js';
import type { TwinGraph } from './twin-graph.js';

/** From this opset on Softmax is along one axis. */
const ONE_AXIS_OPSET = 13;

const LARGEST_FLOAT32 = (2 - 2 ** -23) * 2 ** 127;

/**
 * QLinearSoftmax: `t = exp((a - max(a) + shift) * s_x)` from a float32 table, their sum one after
 * the
 * other in float32, and `clip(round(t * floor(1 / s_y) / sum) + z_y)`: of a scale 1/255 the factor
 * is
 * 254. The shift keeps the sums of D numbers in float32's range: `log(largest / D) - 5` over s_x.
 *
 * Source: onnxruntime, contrib_ops/cpu/quantization/qlinear_softmax.cc.
 */
export function writeSoftmax(twin: TwinGraph, node: NodeProto): boolean {
  const input = twin.quantizerRead(node, 0);
  const output = input === null ? null : twin.integerOutput(node);
  const axis = axisOf(twin, node);
  if (input === null || output === null || axis === null) return false;
  const { patch, base } = twin;
  const name = twin.nameOf(firstOutput(node));
  const steps = twin.steps(input);
  const keep = intAttribute('keepdims', 1);
  const reduce =
    base.opset >= 18
      ? makeNode('ReduceMax', [steps, patch.initializer(int64Tensor(`${name}/axis`, [axis]))], `${name}/max`, [keep])
      : makeNode('ReduceMax', [steps], `${name}/max`, [intsAttribute('axes', [axis]), keep]);
  patch.node(reduce);
  // -255 to 0.
  const below = patch.apply('Sub', [steps, `${name}/max`], `${name}/below_max`);
  const places = cast(twin, patch.apply('Add', [patch.scalar(255), below], `${name}/place`), INT32, `${name}/places`);
  const table = exponentials(twin, steps, axis, input.quantizer.scale, `${name}/table`);
  const exponential = patch.apply('Gather', [table, places], `${name}/exponential`);
  const axisScalar = patch.initializer(
    rawTensor(`${name}/sum_axis`, [], INT32, new Uint8Array(Int32Array.of(axis).buffer)),
  );
  const sums = patch.apply('CumSum', [exponential, axisScalar], `${name}/sums`);
  const sum = slice(twin, sums, [{ axis, start: -1, end: Infinity }], `${name}/sum`);
  const factor = patch.scalar(Math.floor(Math.fround(1 / output.quantizer.quantizer.scale)));
  const times = patch.apply('Mul', [factor, exponential], `${name}/times`);
  const scaled = patch.apply('Div', [times, sum], `${name}/scaled`);
  const real = twin.realOutput(node, output);
  if (real !== null) twin.apply('Div', [exponential, sum], real);
  twin.setSteps(node, output, roundToSteps(twin, scaled, output.quantizer));
  return true;
}

/** Null before it is along one axis, unless that is the last. */
function axisOf({ base }: TwinGraph, node: NodeProto): number | null {
  if (base.opset < 11) return null;
  if (base.opset >= ONE_AXIS_OPSET) return readIntAttribute(node, 'axis', -1);
  const axis = readIntAttribute(node, 'axis', 1);
  const rank = rankOf(base, node.input[0]!);
  return axis === -1 || (rank !== null && axis === rank - 1) ? axis : null;
}

/** `[256]`: of i - 255 steps. */
function exponentials(twin: TwinGraph, steps: string, axis: number, scale: number, name: string): string {
  const { patch } = twin;
  const shape = patch.apply('Shape', [steps], `${name}/shape`);
  const index = patch.initializer(rawTensor(`${name}/axis`, [], INT32, new Uint8Array(Int32Array.of(axis).buffer)));
  const length = cast(twin, patch.apply('Gather', [shape, index], `${name}/length`), FLOAT32, `${name}/float_length`);
  const most = patch.floats(`${name}/largest`, [], Float32Array.of(LARGEST_FLOAT32));
  const share = cast(twin, patch.apply('Div', [most, length], `${name}/share`), FLOAT64, `${name}/wide_share`);
  const reach = patch.apply('Log', [share], `${name}/reach`);
  const room = patch.apply('Sub', [reach, double(twin, `${name}/reserve`, 5)], `${name}/room`);
  const shift = patch.apply('Div', [room, double(twin, `${name}/scale`, scale)], `${name}/shift`);
  const below = Float64Array.from({ length: 256 }, (_, level) => level - 255);
  const levels = patch.initializer(rawTensor(`${name}/levels`, [256], FLOAT64, new Uint8Array(below.buffer)));
  const shifted = patch.apply('Add', [levels, shift], `${name}/shifted`);
  const exponents = patch.apply('Mul', [shifted, double(twin, `${name}/scale`, scale)], `${name}/exponents`);
  return cast(twin, patch.apply('Exp', [exponents], `${name}/wide`), FLOAT32, name);
}
