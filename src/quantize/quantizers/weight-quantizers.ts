import type { WeightQuantizerSettings } from '../../experiment/sections/settings.js';
import { outputChannels, visitKernels, type WeightLayout } from '../../onnx/layers/weight-layout.js';
import { weightSchemes } from '../../calibrate/schemes/weight-schemes.js';
import { weightCalibrators } from '../../calibrate/weight-calibrators/registry.js';
import { asymmetricQuantizer, symmetricQuantizer, type Quantizer } from './quantizer.js';

/**
 * `dw H dw^T` of the nearest levels, by second moments of the layer's inputs, for each of several
 * choices of the weight's quantizers: one for each output channel, `[O]`.
 */
export type NearestErrors = (choices: readonly (readonly Quantizer[])[]) => readonly Float64Array[];

/**
 * The quantizers of a (smoothed) weight: one per output channel or a single one.
 *
 * @param errorsOf of a calibrator that reads moments; null: the layer has none, and its ranges hold
 *   every number
 * @returns `[O]` per channel, `[1]` per tensor
 * @throws RangeError for a weight that is not finite
 */
export function weightQuantizers(
  weight: Float32Array,
  layout: WeightLayout,
  { bits, granularity, calibrator, scheme, narrowRange }: WeightQuantizerSettings,
  errorsOf: NearestErrors | null = null,
): readonly Quantizer[] {
  const quantizerOf = (low: number, high: number): Quantizer =>
    weightSchemes[scheme].isSymmetric
      ? symmetricQuantizer(Math.max(-low, high), bits, narrowRange)
      : asymmetricQuantizer(low, high, bits);
  const { low, high } = weightRange(weight, layout, granularity);
  const whole = Array.from(low, (end, slot) => quantizerOf(end, high[slot]!));
  const atShare = (share: number, slot: number): Quantizer => quantizerOf(share * low[slot]!, share * high[slot]!);
  const chosen = weightCalibrators[calibrator];
  if (chosen.reads === 'moments')
    return errorsOf === null ? whole : leastErrors(whole, chosen.shares, atShare, errorsOf);
  const { shrink } = chosen;
  if (shrink === null) return whole;
  const values = granularity === 'channel' ? valuesByChannel(weight, layout) : [weight];
  return whole.map((quantizer, slot) => shrink(values[slot]!, quantizer, (share) => atShare(share, slot)));
}

/** The first share with the least error: of each channel, or of all together where there is one. */
function leastErrors(
  whole: readonly Quantizer[],
  shares: readonly number[],
  atShare: (share: number, slot: number) => Quantizer,
  errorsOf: NearestErrors,
): readonly Quantizer[] {
  const best = [...whole];
  const least = new Float64Array(whole.length).fill(Infinity);
  const choices = shares.map((share) => (share === 1 ? whole : whole.map((_, slot) => atShare(share, slot))));
  for (const [index, errors] of errorsOf(choices).entries()) {
    const ofSlot = whole.length === 1 ? [errors.reduce((sum, error) => sum + error, 0)] : errors;
    for (const [slot, quantizer] of choices[index]!.entries()) {
      if (!(ofSlot[slot]! < least[slot]!)) continue;
      least[slot] = ofSlot[slot]!;
      best[slot] = quantizer;
    }
  }
  return best;
}

/**
 * Smallest (at most 0) and largest (at least 0) numbers, `[O]` per channel or `[1]`. NaN where a
 * number is NaN.
 */
function weightRange(
  weight: Float32Array,
  layout: WeightLayout,
  granularity: WeightQuantizerSettings['granularity'],
): { readonly low: Float64Array; readonly high: Float64Array } {
  const perChannel = granularity === 'channel';
  const slots = perChannel ? outputChannels(layout) : 1;
  const low = new Float64Array(slots);
  const high = new Float64Array(slots);
  visitKernels(layout, (_input, output, offset) => {
    const slot = perChannel ? output : 0;
    for (let i = offset; i < offset + layout.kernelSize; i++) {
      const value = weight[i]!;
      if (value > high[slot]! || Number.isNaN(value)) high[slot] = value;
      if (value < low[slot]! || Number.isNaN(value)) low[slot] = value;
    }
  });
  return { low, high };
}

function valuesByChannel(weight: Float32Array, layout: WeightLayout): readonly Float32Array[] {
  const channels = outputChannels(layout);
  const size = weight.length / channels;
  const values = Array.from({ length: channels }, () => new Float32Array(size));
  const filled = new Uint32Array(channels);
  visitKernels(layout, (_input, output, offset) => {
    values[output]!.set(weight.subarray(offset, offset + layout.kernelSize), filled[output]);
    filled[output]! += layout.kernelSize;
  });
  return values;
}
