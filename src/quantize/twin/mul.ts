import { firstOutput } from '../../onnx/graph-index.js';
import type { NodeProto } from '../../onnx/proto/onnx_pb.js';
import { roundWithZeroPoint } from './requantize.js';
import type { TwinGraph } from './twin-graph.js';

/**
 * QLinearMul: `clip(round(float32((a - z_a) * (b - z_b)) * float32(float32(s_a * s_b) / s_y) +
 * z_y))`,
 * the zero point added in float32.
 */
export function writeMul(twin: TwinGraph, node: NodeProto): boolean {
  const inputs = twin.quantizersRead(node, 2);
  const output = inputs === null ? null : twin.integerOutput(node);
  if (inputs === null || output === null) return false;
  const { patch } = twin;
  const name = twin.nameOf(firstOutput(node));
  const steps = inputs.map((quantizer) => twin.steps(quantizer));
  const [scaleA, scaleB] = inputs.map(({ quantizer }) => quantizer.scale) as [number, number];
  const step = Math.fround(scaleA * scaleB);
  const products = patch.apply('Mul', steps, `${name}/products`);
  const multiplier = Float32Array.of(step / output.quantizer.quantizer.scale);
  const scaled = patch.apply('Mul', [patch.floats(`${name}/multiplier`, [], multiplier), products], `${name}/scaled`);
  const real = twin.realOutput(node, output);
  if (real !== null) twin.apply('Mul', [patch.floats(`${name}/step`, [], Float32Array.of(step)), products], real);
  twin.setSteps(node, output, roundWithZeroPoint(twin, scaled, output.quantizer));
  return true;
}
