import type { WeightQuantizerSettings } from '../../experiment/sections/settings.js';
import { ROUNDING } from '../../onnx/edits/graph-patch.js';
import { visitKernels, type WeightLayout } from '../../onnx/layers/weight-layout.js';
import type { Quantizer } from './quantizer.js';
import { weightQuantizers } from './weight-quantizers.js';

export interface QuantizedWeight {
  /** Quantized and dequantized values, of the weight's shape. */
  readonly values: Float32Array;
  /** One per output channel, or a single one when per tensor. */
  readonly quantizers: readonly Quantizer[];
  readonly granularity: WeightQuantizerSettings['granularity'];
  /**
   * With its scales not divided for the layers behind it, whose smoothing they carry: what the
   * settings gave and the integers come from. Absent: it is the same.
   */
  readonly undivided?: QuantizedWeight;
}

/** Quantizes and dequantizes a weight with the quantizers that its settings give it. */
export function fakeQuantizeWeight(
  weight: Float32Array,
  layout: WeightLayout,
  settings: WeightQuantizerSettings,
): QuantizedWeight {
  return applyQuantizers(weight, layout, weightQuantizers(weight, layout, settings), settings.granularity);
}

/**
 * Quantizes and dequantizes a weight. All arithmetic in float32: bit-identical to QuantizeLinear
 * and DequantizeLinear.
 *
 * @param quantizers one per output channel, or a single one when per tensor
 */
export function applyQuantizers(
  weight: Float32Array,
  layout: WeightLayout,
  quantizers: readonly Quantizer[],
  granularity: WeightQuantizerSettings['granularity'],
): QuantizedWeight {
  const perChannel = granularity === 'channel';
  const values = new Float32Array(weight.length);
  visitKernels(layout, (_input, output, offset) => {
    const { scale, zeroPoint, qmin, qmax } = quantizers[perChannel ? output : 0]!;
    for (let i = offset; i < offset + layout.kernelSize; i++) {
      const rounded = Math.fround(Math.fround(Math.fround(weight[i]! / scale) + ROUNDING) - ROUNDING);
      values[i] = Math.min(Math.max(rounded, qmin - zeroPoint), qmax - zeroPoint) * scale;
    }
  });
  return { values, quantizers, granularity };
}
