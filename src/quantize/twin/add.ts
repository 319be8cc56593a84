import { firstOutput } from '../../onnx/graph-index.js';
import type { NodeProto } from '../../onnx/proto/onnx_pb.js';
import { double, FLOAT64, fusedMultiplyAdd } from './doubles.js';
import { cast } from './integer-sum.js';
import { repeatsOverPlaces } from './repeats-over-places.js';
import { roundLevels } from './requantize.js';
import type { TwinGraph, TwinQuantizer } from './twin-graph.js';

/**
 * QLinearAdd of levels a and b, with `r_a = float32(s_a / s_y)`, r_b alike:
 * `clip(round(fma(a, r_a, fma(b, r_b, float32(z_y - fma(r_a, z_a, float32(r_b * z_b)))))))`.
 *
 * Source: what the runtime makes of all pairs of levels, for hundreds of scales and zero points; its
 * MlasQLinearAdd for AVX2.
 */
export function writeAdd(twin: TwinGraph, node: NodeProto): boolean {
  const inputs = twin.quantizersRead(node, 2);
  const output = inputs === null ? null : twin.integerOutput(node);
  if (inputs === null || output === null) return false;
  const name = twin.nameOf(firstOutput(node));
  const { scale, zeroPoint } = output.quantizer.quantizer;
  // A number of a that is added to several of b changes places with them.
  const swaps = repeatsOverPlaces(twin.base, node.input[0]!) && !repeatsOverPlaces(twin.base, node.input[1]!);
  const [a, b] = (swaps ? [...inputs].reverse() : inputs) as [TwinQuantizer, TwinQuantizer];
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
  if (real !== null) twin.apply('Add', [twin.dequantized(inputs[0]!), twin.dequantized(inputs[1]!)], real);
  twin.setSteps(node, output, roundLevels(twin, scaled, output.quantizer));
  return true;
}
