import type { CanonicalSmoothing } from '../smooth/smoothing-settings.js';
import { readsMoments, roundingOf } from '../experiment/sections/quantization.js';
import type { QuantizationSettings } from '../experiment/sections/settings.js';
import type { LayerMoments } from '../records/moments-record.js';
import type { InputStatistics } from '../records/observation-record.js';
import type { QuantizerRecord } from '../records/quantizer-record.js';
import type { SmoothingRecord } from '../records/smoothing-record.js';
import { NonFiniteError } from '../records/non-finite-error.js';
import type { Layer } from '../onnx/layers/layers.js';
import { joinPads, layersWithPads } from '../onnx/folding/join-pads.js';
import type { OnnxModel } from '../onnx/onnx-model.js';
import { readFloatTensor } from '../onnx/tensor.js';
import { noSmoothing } from '../smooth/smoothing-factors.js';
import { insertSmoothing, smoothLayers, type AlphaOf } from '../smooth/smooth-layers.js';
import type { SmoothedLayer } from '../smooth/smoothed-model.js';
import type { QuantizedWeight } from './quantizers/fake-quantize-weight.js';
import { inputQuantizer } from './quantizers/input-quantizer.js';
import { outputBound } from './output-bound.js';
import { widestQuantizer, type Quantizer } from './quantizers/quantizer.js';
import { hasOneScale } from '../targets/one-scale.js';
import { targets } from '../targets/registry.js';
import { holdBias } from './hold-bias.js';
import { layersOnIntegers } from './layers-on-integers.js';
import { placeModel, type PlacedPreparation } from './place-model.js';
import type { PlacedModel } from './placed-model.js';
import type { PreparedLayer } from './prepared-layer.js';
import type { LayerBits } from './select-layers.js';
import { requantizeWeight } from './quantizers/requantize-weight.js';
import type { MomentsView } from './rounding/moment-matrix.js';
import type { RoundingMemo } from './rounding/rounding-memo.js';
import { quantizeBy, rangesBy, roundTo, type WeightRounding } from './rounding/weight-rounding.js';

export type { PreparedLayer } from './prepared-layer.js';
export type { AlphaOf };

export interface Preparation {
  readonly quantization: QuantizationSettings;
  readonly smoothing: CanonicalSmoothing;
  /** Of layers with bits of their own. */
  readonly bits: ReadonlyMap<string, LayerBits>;
  readonly alphaOf: AlphaOf;
  /** Absent of `layers-only`, and of stages, which judge layers by themselves. */
  readonly placed?: PlacedPreparation;
  /** By layer; absent where weights are rounded to the nearest. */
  readonly moments?: ReadonlyMap<string, LayerMoments>;
  /** Weights that were rounded by moments before; absent: nothing is kept. */
  readonly rounded?: RoundingMemo;
}

/**
 * A model smoothed and quantized on paper: what the graphs of gate, accuracy, losses and export are
 * made of.
 */
export interface PreparedModel {
  /**
   * The folded model with 1/s moved into the producers of folded layers; the folded model itself
   * where none is.
   */
  readonly base: OnnxModel;
  readonly layers: readonly PreparedLayer[];
  /** The quantizers of a target's own placement; absent of `layers-only`. */
  readonly placed?: PlacedModel;
}

/**
 * Smooths and quantizes the given layers from statistics of their inputs; pure.
 *
 * @throws NonFiniteError naming the layer whose statistics or weights are not finite
 * @throws ModelError where the target runs none of the layers on integers
 */
export function prepareModel(
  folded: OnnxModel,
  layers: readonly Layer[],
  statistics: ReadonlyMap<string, InputStatistics>,
  preparation: Preparation,
): PreparedModel {
  const { smoothing, alphaOf, quantization, placed: wanted } = preparation;
  const model = wanted === undefined ? folded : joinPads(folded);
  const onIntegers = wanted === undefined ? layers : layersOnIntegers(model, layersWithPads(model, layers), wanted);
  const smoothed = smoothLayers(model, onIntegers, statistics, smoothing, alphaOf, wanted?.target ?? null);
  const { base } = smoothed;
  const prepared = smoothed.layers.map((layer) => prepareLayer(layer, statistics.get(layer.layer.name)!, preparation));
  if (wanted === undefined) return { base, layers: prepared };
  const placed = placeModel(smoothed, statistics, quantization.activation, wanted);
  const fed = withPlacedInputs(prepared, placed);
  const holdsBias = targets[wanted.target].bias === 'int32';
  return { base, layers: holdsBias ? fed.map((layer) => held(base, layer, preparation)) : fed, placed };
}

function held(base: OnnxModel, prepared: PreparedLayer, preparation: Preparation): PreparedLayer {
  const rounding = roundingFor(prepared, preparation);
  return holdBias(base, prepared, (weight, quantizers, granularity) =>
    roundTo(rounding, weight, quantizers, granularity),
  );
}

/** Layers whose inputs have the quantizers that the target placed there. */
function withPlacedInputs(layers: readonly PreparedLayer[], placed: PlacedModel): readonly PreparedLayer[] {
  const byTensor = new Map(placed.quantizers.map(({ tensor, quantizer }) => [tensor, quantizer]));
  return layers.map((prepared) => {
    const input = byTensor.get(prepared.layer.inputTensor);
    // Of a target that moves it above operators that integers pass through.
    if (input === undefined) return prepared;
    return { ...prepared, input, divisor: Float32Array.from(prepared.factors.s, (s) => s * input.scale) };
  });
}

/**
 * Each layer by itself, its own input divided by s. @throws NonFiniteError as {@link prepareModel}
 */
export function prepareLayers(
  layers: readonly Layer[],
  statistics: ReadonlyMap<string, InputStatistics>,
  preparation: Preparation,
): readonly PreparedLayer[] {
  return insertSmoothing(layers, statistics, preparation.smoothing, preparation.alphaOf).map((layer) =>
    prepareLayer(layer, statistics.get(layer.layer.name)!, preparation),
  );
}

function prepareLayer(smoothed: SmoothedLayer, inputs: InputStatistics, preparation: Preparation): PreparedLayer {
  const { layer, factors, smoothedWeight } = smoothed;
  if (!inputs.absmax.every(Number.isFinite)) throw new NonFiniteError(`the input of layer "${layer.name}"`);
  const { activation } = settingsOf(layer, preparation);
  const input = inputQuantizer(inputs, factors.s, activation);
  if (!smoothedWeight.every(Number.isFinite)) throw new NonFiniteError(`the smoothed weight of layer "${layer.name}"`);
  return {
    ...smoothed,
    input,
    divisor: Float32Array.from(factors.s, (s) => s * input.scale),
    weight: quantizeWeight(smoothed, roundingFor(smoothed, preparation)),
    biasCorrection: null,
    outputBound: outputBound(smoothed.original, inputs.absmax),
  };
}

function quantizeWeight(smoothed: SmoothedLayer, rounding: WeightRounding): QuantizedWeight {
  const { layer, smoothedWeight, undividedWeight, outputFactors } = smoothed;
  if (undividedWeight === null) return quantizeBy(rounding, smoothedWeight, outputFactors);
  return requantizeWeight(quantizeBy(rounding, undividedWeight, null), layer.layout, outputFactors!, layer.name);
}

/** How the weight of a smoothed layer is quantized, whose input is divided by its own s. */
function roundingFor(
  { layer, factors }: Pick<SmoothedLayer, 'layer' | 'factors'>,
  preparation: RoundingPreparation,
): WeightRounding {
  const { rounded: memo } = preparation;
  return {
    layout: layer.layout,
    settings: settingsOf(layer, preparation).weight,
    view: momentsView(layer, factors.s, preparation),
    ...(memo === undefined ? {} : { memo }),
  };
}

/** Null where no setting reads moments, or the layer has none. */
function momentsView(
  { name }: Layer,
  s: Float32Array,
  { quantization, moments }: RoundingPreparation,
): MomentsView | null {
  if (!readsMoments(quantization)) return null;
  if (moments === undefined) throw new Error('Invariant: settings that read second moments came without them.');
  const own = moments.get(name);
  return own === undefined ? null : { moments: own, s, centered: roundingOf(quantization).centered };
}

/** What of a preparation weights are quantized by. */
type RoundingPreparation = Pick<Preparation, 'quantization' | 'bits' | 'placed' | 'moments' | 'rounded'>;

/** The quantizer settings of one layer. */
export function settingsOf(
  layer: Layer,
  { quantization, bits, placed }: Pick<Preparation, 'quantization' | 'bits' | 'placed'>,
): Pick<QuantizationSettings, 'activation' | 'weight'> {
  const own = bits.get(layer.name);
  const weight = { ...quantization.weight, bits: own?.weight ?? quantization.weight.bits };
  return {
    activation: { ...quantization.activation, bits: own?.activation ?? quantization.activation.bits },
    weight: placed !== undefined && hasOneScale(layer, placed.target) ? { ...weight, granularity: 'tensor' } : weight,
  };
}

/**
 * Rows of the store for both quantizers of a prepared layer; what they would be with s = 1 is
 * computed anew.
 */
export function quantizerRecords(
  prepared: PreparedLayer,
  inputs: InputStatistics,
  preparation: RoundingPreparation,
): readonly QuantizerRecord[] {
  const { layer, original, input } = prepared;
  // What the settings gave: s of the layers behind it is stored with those.
  const weight = prepared.weight.undivided ?? prepared.weight;
  const settings = settingsOf(layer, preparation);
  const factors = noSmoothing(layer.inputChannels);
  const weightOf = readFloatTensor(original.weight);
  const unsmoothed = rangesBy(roundingFor({ layer, factors }, preparation), weightOf, null);
  const perChannel = weight.granularity === 'channel';
  const asymmetric = settings.weight.scheme === 'asymmetric';
  const channels = (end: (quantizer: Quantizer) => number): Float64Array => Float64Array.from(weight.quantizers, end);
  return [
    {
      layer: layer.name,
      role: 'input',
      granularity: 'tensor',
      ...recordOf(input),
      amaxUnsmoothed: inputQuantizer(inputs, factors.s, settings.activation).amax,
      amaxChannels: null,
      lowChannels: null,
    },
    {
      layer: layer.name,
      role: 'weight',
      granularity: perChannel ? 'channel' : 'tensor',
      ...recordOf(widestQuantizer(weight.quantizers)),
      // Asymmetric ranges: the channel that reaches highest need not be the widest.
      amax: largestOf(weight.quantizers),
      low: weight.quantizers.reduce((least, q) => Math.min(least, q.low), Infinity),
      amaxUnsmoothed: largestOf(unsmoothed),
      amaxChannels: perChannel ? channels((q) => q.amax) : null,
      lowChannels: perChannel && asymmetric ? channels((q) => q.low) : null,
    },
  ];
}

/** Not by `Math.max(...)`: a weight may have more channels than a call has arguments. */
function largestOf(quantizers: readonly Quantizer[]): number {
  return quantizers.reduce((most, { amax }) => Math.max(most, amax), -Infinity);
}

function recordOf({ bits, signed, amax, low, scale, zeroPoint, narrowRange }: Quantizer) {
  return { bits, signed, amax, low, scale, zeroPoint, narrowRange };
}

export function smoothingRecord(prepared: PreparedLayer): SmoothingRecord {
  return {
    layer: prepared.layer.name,
    alpha: prepared.alpha,
    apply: prepared.apply,
    fallbackReason: prepared.fallbackReason,
    deadChannels: prepared.factors.deadChannels,
    s: prepared.factors.s,
  };
}
