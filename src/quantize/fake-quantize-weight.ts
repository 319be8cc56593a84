import { ROUNDING } from '../graph/graph-patch.js';
import { outputChannels, visitKernels, type WeightLayout } from '../graph/weight-layout.js';
import { symmetricQuantizer, type Quantizer } from './quantizer.js';

export interface QuantizedWeight {
  /** Quantized and dequantized values, of the weight's shape. */
  readonly values: Float32Array;
  /** One per output channel, or a single one when per tensor. */
  readonly quantizers: readonly Quantizer[];
  readonly granularity: WeightQuantization['granularity'];
}

export interface WeightQuantization {
  readonly bits: number;
  readonly granularity: 'channel' | 'tensor';
}

/**
 * Quantizes and dequantizes a weight with symmetric signed quantizers whose amax is the largest magnitude, per output
 * channel or per tensor. All arithmetic in float32: bit-identical to QuantizeLinear and DequantizeLinear.
 */
export function fakeQuantizeWeight(
  weight: Float32Array,
  layout: WeightLayout,
  quantization: WeightQuantization,
): QuantizedWeight {
  const perChannel = quantization.granularity === 'channel';
  const amax = weightAmax(weight, layout, quantization.granularity);
  const quantizers = Array.from(amax, (value) => symmetricQuantizer(value, quantization.bits));
  const values = new Float32Array(weight.length);
  visitKernels(layout, (_input, output, offset) => {
    const { scale, qmin, qmax } = quantizers[perChannel ? output : 0]!;
    for (let i = offset; i < offset + layout.kernelSize; i++) {
      const rounded = Math.fround(Math.fround(Math.fround(weight[i]! / scale) + ROUNDING) - ROUNDING);
      values[i] = Math.min(Math.max(rounded, qmin), qmax) * scale;
    }
  });
  return { values, quantizers, granularity: quantization.granularity };
}

/**
 * Largest magnitudes of a weight.
 *
 * @returns `[O]` per channel, `[1]` per tensor
 */
export function weightAmax(
  weight: Float32Array,
  layout: WeightLayout,
  granularity: WeightQuantization['granularity'],
): Float64Array {
  const perChannel = granularity === 'channel';
  const amax = new Float64Array(perChannel ? outputChannels(layout) : 1);
  visitKernels(layout, (_input, output, offset) => {
    const slot = perChannel ? output : 0;
    for (let i = offset; i < offset + layout.kernelSize; i++) {
      const value = Math.abs(weight[i]!);
      if (value > amax[slot]! || Number.isNaN(value)) amax[slot] = value;
    }
  });
  return amax;
}
