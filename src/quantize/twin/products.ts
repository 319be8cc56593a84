import { needsCorrectingAdd } from '../graph/correct-bias.js';
import { firstOutput } from '../../onnx/graph-index.js';
import type { NodeProto } from '../../onnx/proto/onnx_pb.js';
import { FLOAT32 } from '../../onnx/tensor.js';
import { FLOAT64 } from './doubles.js';
import { cast } from './integer-sum.js';
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
  return writeProduct(twin, node, true) || writeActivationProduct(twin, node);
}

/**
 * Of two activations, in float64: how many products a sum has is not known before, nor that float32
 * holds it.
 */
function writeActivationProduct(twin: TwinGraph, node: NodeProto): boolean {
  const { patch } = twin;
  const inputs = twin.quantizersRead(node, 2);
  const tensor = firstOutput(node);
  const output = twin.integerOutput(node);
  if (inputs === null || (output === null && twin.hasQuantizer(tensor))) return false;
  const name = twin.nameOf(tensor);
  const wide = inputs.map((quantizer, index) => cast(twin, twin.steps(quantizer), FLOAT64, `${name}/wide/${index}`));
  const sum = cast(twin, patch.apply('MatMul', wide, `${name}/wide_sum`), FLOAT32, `${name}/sum`);
  const [scaleA, scaleB] = inputs.map(({ quantizer }) => quantizer.scale) as [number, number];
  const step = Math.fround(scaleA * scaleB);
  const real = output === null ? tensor : twin.realOutput(node, output);
  if (real !== null) twin.apply('Mul', [patch.floats(`${name}/scales`, [], Float32Array.of(step)), sum], real);
  if (output === null) {
    twin.remove(node);
    return true;
  }
  const multiplier = Float32Array.of(step / output.quantizer.quantizer.scale);
  const scaled = patch.apply('Mul', [patch.floats(`${name}/multiplier`, [], multiplier), sum], `${name}/scaled`);
  twin.setSteps(node, output, roundToSteps(twin, scaled, output.quantizer));
  return true;
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
