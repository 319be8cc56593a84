import { visitKernels, type WeightLayout } from '../../onnx/layers/weight-layout.js';
import type { PreparedLayer } from '../prepare-layers.js';
import type { Quantizer } from './quantizer.js';

/** The integers of a layer's quantized weight and how their scales lie along its axes. */
export interface QuantizedIntegers {
  /** Of the weight's shape, zero point added. */
  readonly values: Int32Array;
  /** One per index of `axis`, or a single one when per tensor. */
  readonly quantizers: readonly Quantizer[];
  /** Axis of the weight that the quantizers belong to; null: per tensor. */
  readonly axis: number | null;
}

/**
 * The weight of a layer as integers. Exact: a dequantized value divided by its scale is within half
 * a step of its integer, as integers have at most 16 bits and float32 has 24.
 *
 * @returns null where no axis holds the scales, see {@link staysFloat}
 */
export function quantizedIntegers(prepared: PreparedLayer): QuantizedIntegers | null {
  if (staysFloat(prepared)) return null;
  const { layer, weight } = prepared;
  const { layout } = layer;
  const perChannel = weight.granularity === 'channel';
  const values = new Int32Array(weight.values.length);
  visitKernels(layout, (_input, output, offset) => {
    const { scale, zeroPoint } = weight.quantizers[perChannel ? output : 0]!;
    for (let i = offset; i < offset + layout.kernelSize; i++) {
      values[i] = Math.round(weight.values[i]! / scale) + zeroPoint;
    }
  });
  return perChannel
    ? { values, ...alongAxis(layout, weight.quantizers) }
    : { values, axis: null, quantizers: weight.quantizers };
}

/**
 * True for a weight whose scales no single axis holds: a grouped ConvTranspose `[I, O/g, k...]` per
 * channel with several output channels a group, where the scale depends on the group (axis 0) and
 * on the channel in it (axis 1).
 */
export function staysFloat({ layer, weight }: PreparedLayer): boolean {
  const { order, groups, outputsPerGroup } = layer.layout;
  return weight.granularity === 'channel' && order === 'inputFirst' && groups > 1 && outputsPerGroup > 1;
}

function alongAxis(
  { order, groups, inputsPerGroup }: WeightLayout,
  quantizers: readonly Quantizer[],
): Pick<QuantizedIntegers, 'axis' | 'quantizers'> {
  if (order === 'outputFirst') return { axis: 0, quantizers };
  if (groups === 1) return { axis: 1, quantizers };
  // One output channel a group: the scale depends on the group alone, which axis 0 (the input
  // channels) tells.
  return { axis: 0, quantizers: quantizers.flatMap((q) => new Array<Quantizer>(inputsPerGroup).fill(q)) };
}
