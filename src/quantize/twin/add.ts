import { firstOutput } from '../../onnx/graph-index.js';
import type { NodeProto } from '../../onnx/proto/onnx_pb.js';
import { double, FLOAT64, fusedMultiplyAdd } from './doubles.js';
import { cast } from './integer-sum.js';
import { roundLevels } from './requantize.js';
import type { TwinGraph, TwinQuantizer } from './twin-graph.js';

/**
 * QLinearAdd of levels a and b, with `r_a = float32(s_a / s_y)`, r_b alike:
 * `clip(round(fma(a, r_a, fma(b, r_b, float32(z_y - fma(r_a, z_a, float32(r_b * z_b)))))))`.
 *
 * Exact where neither operand, or the second one, is repeated along the last axis of the runtime's
 * layout, which is that of the channels between convolutions: of a first one that is, the kernel
 * takes b first, and some values that are all but ties come out one step apart.
 *
 * Source: what the runtime makes of all pairs of levels, for hundreds of scales and zero points;
 * its
 * MlasQLinearAdd for AVX2.
 */
export function writeAdd(twin: TwinGraph, node: NodeProto): boolean {
  const inputs = twin.quantizersRead(node, 2);
  const output = inputs === null ? null : twin.integerOutput(node);
  if (inputs === null || output === null) return false;
  const name = twin.nameOf(firstOutput(node));
  const { scale, zeroPoint } = output.quantizer.quantizer;
  const [a, b] = inputs as readonly [TwinQuantizer, TwinQuantizer];
  const [ratioA, ratioB] = [a, b].map(({ quantizer }) => Math.fround(quantizer.scale / scale)) as [number, number];
  const ofZeros = Math.fround(ratioA * a.quantizer.zeroPoint + Math.fround(ratioB * b.quantizer.zeroPoint));
  const fixed = Math.fround(zeroPoint - ofZeros);
  // Of steps b - z_b.
  const addend = double(twin, `${name}/fixed`, fixed + ratioB * b.quantizer.zeroPoint);
  const ofB = fusedMultiplyAdd(twin, twin.steps(b), ratioB, addend, `${name}/of_b`);
  const scaled = fusedMultiplyAdd(
    twin,
    twin.levels(a),
    ratioA,
    cast(twin, ofB, FLOAT64, `${name}/wide`),
    `${name}/sum`,
  );
  const real = twin.realOutput(node, output);
  if (real !== null) twin.apply('Add', [twin.dequantized(a), twin.dequantized(b)], real);
  twin.setSteps(node, output, roundLevels(twin, scaled, output.quantizer));
  return true;
}
