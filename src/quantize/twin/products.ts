import { needsCorrectingAdd } from '../graph/correct-bias.js';
import { firstOutput } from '../../onnx/graph-index.js';
import type { NodeProto } from '../../onnx/proto/onnx_pb.js';
import { channelShape, integerProduct } from './integer-product.js';
import { integerWeight, type IntegerWeight } from './integer-weight.js';
import { roundToSteps } from './requantize.js';
import type { TwinGraph } from './twin-graph.js';

/** Of 8 bits with an output of its own, see {@link writeProduct}; else a float Conv. */
export function writeConv(twin: TwinGraph, node: NodeProto): boolean {
  return writeProduct(twin, node, false);
}

export function writeGemm(twin: TwinGraph, node: NodeProto): boolean {
  return writeProduct(twin, node, true);
}

export function writeMatMul(twin: TwinGraph, node: NodeProto): boolean {
  return writeProduct(twin, node, true);
}

/**
 * QLinearConv, QGemm, QLinearMatMul, MatMulIntegerToFloat:
 * `clip(round(float32(sum) * float32(float32(s_x * s_w[c]) / s_y)) + z_y)`, or without a quantizer
 * of the output `float32(sum) * float32(s_x * s_w[c])`.
 *
 * @param mayEndInFloat true of kernels that need no quantizer of the output
 */
function writeProduct(twin: TwinGraph, node: NodeProto, mayEndInFloat: boolean): boolean {
  const { patch } = twin;
  const input = twin.quantizerRead(node, 0);
  const weight = input === null ? null : integerWeight(twin, node, input.quantizer.scale);
  if (input === null || weight === null) return false;
  const tensor = firstOutput(node);
  const prepared = twin.layers.get(tensor);
  if (prepared !== undefined && needsCorrectingAdd(twin.base, prepared)) return false;
  const name = twin.nameOf(tensor);
  const output = twin.integerOutput(node);
  if (output === null) {
    if (!mayEndInFloat || twin.hasQuantizer(tensor)) return false;
    twin.remove(node);
    writeReal(twin, node, integerProduct(twin, node, input, weight), weight, tensor);
    return true;
  }
  const sum = integerProduct(twin, node, input, weight);
  const { scale } = output.quantizer.quantizer;
  const multipliers = weight.scales.map((step) => step / scale);
  const multiplier = patch.floats(`${name}/multiplier`, scaleShape(node, weight), multipliers);
  // The constant first: the runtime makes another weight of a product that a constant follows.
  const scaled = patch.apply('Mul', [multiplier, sum], `${name}/scaled`);
  const real = twin.realOutput(node, output);
  if (real !== null) writeReal(twin, node, sum, weight, real);
  twin.setSteps(node, output, roundToSteps(twin, scaled, output.quantizer));
  return true;
}

function writeReal(twin: TwinGraph, node: NodeProto, sum: string, weight: IntegerWeight, output: string): void {
  const { patch } = twin;
  const scales = patch.floats(`${twin.nameOf(firstOutput(node))}/scales`, scaleShape(node, weight), weight.scales);
  twin.apply('Mul', [scales, sum], output);
}

function scaleShape(node: NodeProto, weight: IntegerWeight): readonly number[] {
  return weight.scales.length === 1 ? [] : channelShape(node, weight);
}
