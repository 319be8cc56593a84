import { firstOutput } from '../../onnx/graph-index.js';
import type { NodeProto } from '../../onnx/proto/onnx_pb.js';
import { roundWithZeroPoint } from './requantize.js';
import type { TwinGraph } from './twin-graph.js';

/** QLinearAdd: `clip(round(((a - z_a) * s_a + (b - z_b) * s_b) / s_y + z_y))`. */
export function writeAdd(twin: TwinGraph, node: NodeProto): boolean {
  const inputs = twin.quantizersRead(node, 2);
  const output = inputs === null ? null : twin.integerOutput(node);
  if (inputs === null || output === null) return false;
  const { patch } = twin;
  const name = twin.nameOf(firstOutput(node));
  const real = twin.realOutput(node, output) ?? `${name}/real`;
  const terms = inputs.map((quantizer) => twin.dequantized(quantizer));
  twin.apply('Add', terms, real);
  const scaled = patch.apply('Div', [real, twin.scale(output.quantizer)], `${name}/scaled`);
  twin.setSteps(node, output, roundWithZeroPoint(twin, scaled, output.quantizer));
  return true;
}
