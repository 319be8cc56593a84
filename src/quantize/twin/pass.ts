import { firstOutput } from '../../onnx/graph-index.js';
import { copyNode } from '../../onnx/node.js';
import type { NodeProto } from '../../onnx/proto/onnx_pb.js';
import type { Quantizer } from '../quantizers/quantizer.js';
import type { TwinGraph } from './twin-graph.js';

/**
 * An operator that only picks among its first input's values, between quantizers of one scale and
 * zero point: it picks among their integers. In float it would make the same, in more operators.
 */
export function writePass(twin: TwinGraph, node: NodeProto): boolean {
  if (node.opType === 'Resize' && !isNearest(node)) return false;
  const input = twin.quantizerRead(node, 0);
  const output = twin.integerOutput(node);
  if (input === null || output === null || output.activation !== null) return false;
  if (!isTied(input.quantizer, output.quantizer.quantizer)) return false;
  const steps = `${twin.nameOf(firstOutput(node))}/passed`;
  const rest = node.input.slice(1);
  twin.patch.node(copyNode(node, { name: steps, input: [twin.steps(input), ...rest], output: [steps] }));
  twin.setSteps(node, output, steps);
  return true;
}

function isTied(a: Quantizer, b: Quantizer): boolean {
  return a.scale === b.scale && a.zeroPoint === b.zeroPoint && a.qmin <= b.qmin && a.qmax >= b.qmax;
}

function isNearest(node: NodeProto): boolean {
  const mode = node.attribute.find(({ name }) => name === 'mode')?.s;
  return mode === undefined || Buffer.from(mode).toString() === 'nearest';
}
