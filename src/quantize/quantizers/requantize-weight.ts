import { NonFiniteError } from '../../records/non-finite-error.js';
import { visitKernels, type WeightLayout } from '../../onnx/layers/weight-layout.js';
import type { QuantizedWeight } from './fake-quantize-weight.js';
import type { Quantizer } from './quantizer.js';

/**
 * A quantized weight whose output channels are divided by s: the integers stay as they are, each
 * scale is divided. Of a weight per tensor this makes one with a scale for each output channel.
 *
 * @param s `[O]`
 * @param name of the layer, for messages
 * @throws NonFiniteError where float32 does not hold a divided scale
 */
export function requantizeWeight(
  weight: QuantizedWeight,
  layout: WeightLayout,
  s: Float32Array,
  name: string,
): QuantizedWeight {
  const isPerChannel = weight.granularity === 'channel';
  const quantizers = Array.from(s, (factor, channel): Quantizer => {
    const undivided = weight.quantizers[isPerChannel ? channel : 0]!;
    const scale = Math.fround(undivided.scale / factor);
    if (!(scale > 0 && Number.isFinite(scale))) throw new NonFiniteError(`the smoothed weight of layer "${name}"`);
    return { ...undivided, scale, amax: undivided.amax / factor, low: undivided.low / factor };
  });
  const values = new Float32Array(weight.values.length);
  visitKernels(layout, (_input, output, offset) => {
    const { scale: step } = weight.quantizers[isPerChannel ? output : 0]!;
    const { scale } = quantizers[output]!;
    for (let i = offset; i < offset + layout.kernelSize; i++) {
      values[i] = Math.round(weight.values[i]! / step) * scale;
    }
  });
  return { values, quantizers, granularity: 'channel', undivided: weight };
}
