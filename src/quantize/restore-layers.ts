import { weightCalibrators, type WeightCalibratorName } from '../calibrate/weight-calibrators/registry.js';
import { ModelError } from '../onnx/model-error.js';
import { findLayers, type Layer } from '../onnx/layers/layers.js';
import { joinPads } from '../onnx/folding/join-pads.js';
import type { OnnxModel } from '../onnx/onnx-model.js';
import { restoreSmoothing } from '../smooth/restore-smoothing.js';
import type { AppliedSmoothing, LayerSmoothing, SmoothedLayer } from '../smooth/smoothed-model.js';
import { applyQuantizers } from './quantizers/fake-quantize-weight.js';
import type { PreparedLayer, PreparedModel } from './prepare-layers.js';
import {
  asymmetricQuantizer,
  symmetricQuantizer,
  unsignedQuantizer,
  widestQuantizer,
  type Quantizer,
} from './quantizers/quantizer.js';
import { requantizeWeight } from './quantizers/requantize-weight.js';
import { weightQuantizers } from './quantizers/weight-quantizers.js';
import { weightOfLevels } from './rounding/rounded-weights.js';
import { restorePlaced, type StoredPlacement } from './restore-placed.js';

/** A quantizer as the store keeps it. */
export interface StoredQuantizer {
  readonly granularity: 'tensor' | 'channel';
  readonly bits: number;
  readonly signed: boolean;
  /** The largest over channels. */
  readonly amax: number;
  /** The smallest over channels. */
  readonly low: number;
  readonly scale: number;
  readonly zeroPoint: number;
  readonly narrowRange: boolean;
  /** `[O]`; null when per tensor. */
  readonly amaxChannels: readonly number[] | null;
  /** `[O]`; null unless asymmetric per channel. */
  readonly lowChannels: readonly number[] | null;
}

/** What a finished trial stored of one layer. */
export interface StoredLayer {
  readonly name: string;
  readonly alpha: number | null;
  /** How the smoothing was applied, an `AppliedSmoothing`. */
  readonly apply: string;
  /** Why it was not applied as asked for; null where it was. */
  readonly fallbackReason: string | null;
  readonly deadChannels: number;
  /** `[I]` */
  readonly s: readonly number[];
  readonly input: StoredQuantizer;
  readonly weight: StoredQuantizer;
  /** `[O]`, taken off the bias; null: nothing. */
  readonly biasCorrection: readonly number[] | null;
  /** Integers of the weight, of its shape, zero point taken off; null: the nearest. */
  readonly levels: Int8Array | Int32Array | null;
}

/**
 * The prepared model of a finished trial, from the folded model and what the trial stored: s, the
 * ranges of both quantizers and bias corrections are taken as they are, must give the stored scales
 * and fit the weights. No data is needed.
 *
 * @param folded with BatchNormalization folded
 * @param weightCalibrator of the trial
 * @param placement what it stored of its target's quantizers; null: `layers-only`
 * @throws ModelError naming the layer that is not in the model, gives other numbers, or has a form
 *   that can't be exported
 */
export function restoreModel(
  folded: OnnxModel,
  stored: readonly StoredLayer[],
  weightCalibrator: WeightCalibratorName,
  placement: StoredPlacement | null = null,
): PreparedModel {
  const model = placement === null ? folded : joinPads(folded);
  const byName = new Map(findLayers(model).map((layer) => [layer.name, layer]));
  const decisions = new Map<string, LayerSmoothing>();
  const layers = stored.map((own) => {
    const layer = byName.get(own.name);
    if (layer?.supported !== true) {
      throw new ModelError(`Expected layer "${own.name}" of the trial in the model, got none that can be quantized.`);
    }
    decisions.set(own.name, restoreDecision(layer, own));
    return layer;
  });
  const smoothed = restoreSmoothing(model, layers, decisions);
  return {
    base: smoothed.base,
    layers: smoothed.layers.map((layer, index) =>
      restoreLayer(layer, stored[index]!, weightCalibrator, placement !== null),
    ),
    ...(placement === null ? {} : { placed: restorePlaced(smoothed, placement) }),
  };
}

function restoreDecision(layer: Layer, stored: StoredLayer): LayerSmoothing {
  const { apply, alpha, fallbackReason, deadChannels } = stored;
  if (!isApplied(apply)) {
    throw new ModelError(
      `Layer "${layer.name}": expected smoothing that is ${Object.keys(appliedSmoothings).join(', ')}, got "${apply}". It can't be exported.`,
    );
  }
  const s = Float32Array.from(stored.s);
  if (s.length !== layer.inputChannels) throw differs(layer, 'numbers of s', s.length, layer.inputChannels);
  return { alpha, apply, fallbackReason, factors: { s, deadChannels } };
}

const appliedSmoothings: Readonly<Record<AppliedSmoothing, true>> = {
  insert: true,
  fold: true,
  requantize: true,
  depthwise: true,
  channelQuantize: true,
  none: true,
};

function isApplied(apply: string): apply is AppliedSmoothing {
  return Object.hasOwn(appliedSmoothings, apply);
}

function restoreLayer(
  smoothed: SmoothedLayer,
  stored: StoredLayer,
  weightCalibrator: WeightCalibratorName,
  isPlaced: boolean,
): PreparedLayer {
  checkForm(stored);
  const { layer, factors, smoothedWeight, undividedWeight, outputFactors } = smoothed;
  const input = restoreQuantizer(stored.input, stored.input.amax, stored.input.low);
  checkQuantizer(layer, 'input', stored.input, input);
  const values = undividedWeight ?? smoothedWeight;
  const quantizers = restoreWeightQuantizers(
    layer,
    values,
    stored.weight,
    weightCalibrator,
    isPlaced,
    stored.levels !== null,
  );
  const { granularity } = stored.weight;
  if (stored.levels !== null && stored.levels.length !== values.length) {
    throw differs(layer, 'numbers of weight levels', stored.levels.length, values.length);
  }
  const undivided =
    stored.levels === null
      ? applyQuantizers(values, layer.layout, quantizers, granularity)
      : weightOfLevels(stored.levels, layer.layout, quantizers, granularity);
  const weight =
    undividedWeight === null ? undivided : requantizeWeight(undivided, layer.layout, outputFactors!, layer.name);
  const correction = stored.biasCorrection;
  if (correction !== null && correction.length !== layer.outputChannels) {
    throw differs(layer, 'numbers of bias correction', correction.length, layer.outputChannels);
  }
  return {
    ...smoothed,
    input,
    divisor: Float32Array.from(factors.s, (factor) => factor * input.scale),
    weight,
    biasCorrection: correction === null ? null : Float32Array.from(correction),
    // Of what is exported nothing is measured.
    outputBound: 0,
  };
}

/** The stored form with a range of its own: one channel's, or the tensor's. */
function restoreQuantizer(
  { bits, signed, zeroPoint, narrowRange }: StoredQuantizer,
  amax: number,
  low: number,
): Quantizer {
  if (signed) return symmetricQuantizer(amax, bits, narrowRange);
  // An asymmetric range that begins at 0 has the scale and zero point of the unsigned one.
  return zeroPoint === 0 && low === 0 ? unsignedQuantizer(amax, bits) : asymmetricQuantizer(low, amax, bits);
}

/**
 * @throws ModelError where the stored ranges do not fit the layer, or give another scale than the
 *   stored one
 */
function restoreWeightQuantizers(
  layer: Layer,
  values: Float32Array,
  stored: StoredQuantizer,
  calibrator: WeightCalibratorName,
  isPlaced: boolean,
  areLevelsStored: boolean,
): readonly Quantizer[] {
  const amax = stored.amaxChannels ?? [stored.amax];
  const low = stored.lowChannels ?? (stored.amaxChannels === null ? [stored.low] : null);
  const channels = stored.granularity === 'channel' ? layer.outputChannels : 1;
  if (amax.length !== channels) throw differs(layer, 'numbers of weight amax', amax.length, channels);
  const quantizers = amax.map((value, channel) => restoreQuantizer(stored, value, low?.[channel] ?? 0 - value));
  checkQuantizer(layer, 'weight', stored, widestQuantizer(quantizers));
  // Stored integers need no range that fits the weight.
  if (areLevelsStored) return quantizers;
  const { bits, granularity, signed, narrowRange } = stored;
  const scheme = signed ? 'signed' : 'asymmetric';
  const whole = weightQuantizers(values, layer.layout, {
    bits,
    granularity,
    scheme,
    narrowRange,
    calibrator: 'max',
  });
  // A range is the weight's own, or a share of that, never more; it is not searched for again.
  const chosen = weightCalibrators[calibrator];
  const isWhole = chosen.reads === 'weights' && chosen.shrink === null;
  const fits = (end: number, own: number): boolean => {
    const [size, most] = [Math.abs(end), Math.abs(own)];
    // A target's ranges may be wider, see `holdBias`.
    return isWhole ? end === own || (isPlaced && size > most) : size <= most || isPlaced;
  };
  for (const [channel, own] of whole.entries()) {
    const { amax: high, low } = quantizers[channel]!;
    if (!fits(high, own.amax)) throw differs(layer, `weight amax [${channel}]`, high, own.amax);
    if (!fits(low, own.low)) throw differs(layer, `weight low [${channel}]`, low, own.low);
  }
  return quantizers;
}

function checkQuantizer(layer: Layer, what: string, stored: StoredQuantizer, { scale, zeroPoint }: Quantizer): void {
  if (scale !== stored.scale) throw differs(layer, `${what} scale`, stored.scale, scale);
  if (zeroPoint !== stored.zeroPoint) throw differs(layer, `${what} zero point`, stored.zeroPoint, zeroPoint);
}

function checkForm({ name, input }: StoredLayer): void {
  if (input.granularity !== 'tensor') {
    throw new ModelError(`Layer "${name}": expected an input quantizer per tensor, got per ${input.granularity}.`);
  }
}

function differs(layer: Layer, what: string, stored: number, computed: number): ModelError {
  return new ModelError(
    `Layer "${layer.name}": expected the trial's ${what} ${stored}, got ${computed} from the model. The trial was made by another version of quantsweep; run its sweep again.`,
  );
}
