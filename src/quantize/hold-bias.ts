import type { OnnxModel } from '../onnx/onnx-model.js';
import { correctedBias } from './graph/correct-bias.js';
import type { PreparedLayer } from './prepared-layer.js';
import type { QuantizedWeight } from './quantizers/fake-quantize-weight.js';
import { int32Bias } from './quantizers/int32-bias.js';
import { symmetricQuantizer, type Quantizer } from './quantizers/quantizer.js';
import { requantizeWeight } from './quantizers/requantize-weight.js';

/** Steps that a bias may have: a little less than int32 holds, as scales are rounded. */
const MOST_STEPS = 2 ** 31 * (1 - 2 ** -20);

type RoundTo = (
  weight: Float32Array,
  quantizers: readonly Quantizer[],
  granularity: QuantizedWeight['granularity'],
) => QuantizedWeight;

/**
 * The layer with wider weight ranges where its bias would not fit into int32 otherwise: of a
 * channel whose weights decayed to nearly nothing, whose bias is all that it gives. (As the
 * quantization tool of onnxruntime does.)
 *
 * @param base of the layer
 * @param roundTo gives a weight levels of quantizers, as the layer's settings say
 */
export function holdBias(base: OnnxModel, prepared: PreparedLayer, roundTo: RoundTo): PreparedLayer {
  const { layer, input, weight, undividedWeight, smoothedWeight, outputFactors } = prepared;
  const bias = correctedBias(base, prepared);
  if (bias === null || int32Bias(bias, input.scale, weight.quantizers).clippedChannels === 0) return prepared;
  const given = weight.undivided ?? weight;
  const leastOf = (channel: number): number => {
    const divided = weight.undivided === undefined ? 1 : outputFactors![channel]!;
    return (Math.abs(bias[channel]!) / MOST_STEPS / input.scale) * divided;
  };
  const widest = bias.reduce((most, _, channel) => Math.max(most, leastOf(channel)), 0);
  const quantizers = given.quantizers.map((own, slot) => {
    const least = given.granularity === 'channel' ? leastOf(slot) : widest;
    return own.scale >= least ? own : widened(own, least);
  });
  const held = roundTo(undividedWeight ?? smoothedWeight, quantizers, given.granularity);
  if (weight.undivided === undefined) return { ...prepared, weight: held };
  return { ...prepared, weight: requantizeWeight(held, layer.layout, outputFactors!, layer.name) };
}

function widened({ bits, narrowRange, qmax }: Quantizer, scale: number): Quantizer {
  return symmetricQuantizer(scale * qmax, bits, narrowRange);
}
