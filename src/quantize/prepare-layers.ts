import { maxCalibrator } from '../calibrate/calibrators.js';
import type { CanonicalSmoothing } from '../experiment/canonical-settings.js';
import type { LayerRule, QuantizationSettings } from '../experiment/settings.js';
import type { InputStatistics, QuantizerRecord, SmoothingRecord } from '../evaluate/results.js';
import { NonFiniteError } from '../evaluate/non-finite-error.js';
import type { Layer } from '../graph/layers.js';
import type { OnnxModel } from '../graph/onnx-model.js';
import { readFloatTensor } from '../graph/tensor.js';
import { noSmoothing, smoothingFactors, type SmoothingFactors } from '../smooth/smoothing-factors.js';
import { smoothWeight } from '../smooth/smooth-weight.js';
import { perInputChannelAbsmax, viewAbsmax } from '../smooth/weight-absmax.js';
import { fakeQuantizeWeight, weightAmax, type QuantizedWeight } from './fake-quantize-weight.js';
import { symmetricQuantizer, type Quantizer } from './quantizer.js';

/** Alpha of a layer: a number, or null for no smoothing. */
export type AlphaOf = (layer: string) => number | null;

/** Everything about a layer that its quantized form needs. */
export interface PreparedLayer {
  /** Of the prepared model's `base`. */
  readonly layer: Layer;
  /** null without SmoothQuant. */
  readonly alpha: number | null;
  readonly factors: SmoothingFactors;
  /** `insert`: the input is divided by s here; `fold`: the base model's tensor is divided already. */
  readonly apply: 'insert' | 'fold' | 'none';
  /** Why s is inserted although it was to be folded, or why cle left the layer alone; null otherwise. */
  readonly fallbackReason: string | null;
  /** `[O]`, by which the base model's output of this layer is divided, for layers behind it that were folded; null: 1. */
  readonly outputFactors: Float32Array | null;
  readonly input: Quantizer;
  /** Divisor of the input, `s[c] * scale` in float32, `[I]`: smoothing and quantization scale in one. */
  readonly divisor: Float32Array;
  /** W * s, of the weight's shape. */
  readonly smoothedWeight: Float32Array;
  readonly weight: QuantizedWeight;
  /** `[O]`, taken off the bias; null: nothing. In the units of the base model's output. */
  readonly biasCorrection: Float32Array | null;
}

export interface Preparation {
  readonly quantization: QuantizationSettings;
  readonly smoothing: CanonicalSmoothing;
  readonly rules: readonly LayerRule[];
  readonly alphaOf: AlphaOf;
}

/** A model smoothed and quantized on paper: what the graphs of gate, accuracy, losses and export are made of. */
export interface PreparedModel {
  /** The folded model with 1/s moved into the producers of folded layers; the folded model itself where none is. */
  readonly base: OnnxModel;
  readonly layers: readonly PreparedLayer[];
}

/**
 * Smooths and quantizes the given layers from statistics of their inputs; pure.
 *
 * @throws NonFiniteError naming the layer whose statistics or weights are not finite
 */
export function prepareModel(
  folded: OnnxModel,
  layers: readonly Layer[],
  statistics: ReadonlyMap<string, InputStatistics>,
  preparation: Preparation,
): PreparedModel {
  return { base: folded, layers: prepareLayers(layers, statistics, preparation) };
}

/** Each layer by itself, its own input divided by s. @throws NonFiniteError as {@link prepareModel} */
export function prepareLayers(
  layers: readonly Layer[],
  statistics: ReadonlyMap<string, InputStatistics>,
  preparation: Preparation,
): readonly PreparedLayer[] {
  return layers.map((layer) => {
    const inputs = statistics.get(layer.name);
    if (inputs === undefined) throw new Error(`Invariant: no statistics for layer "${layer.name}".`);
    return prepareLayer(layer, inputs, preparation);
  });
}

function prepareLayer(layer: Layer, inputs: InputStatistics, preparation: Preparation): PreparedLayer {
  const weight = readFloatTensor(layer.weight);
  const alpha = preparation.alphaOf(layer.name);
  const factors =
    alpha === null ? noSmoothing(layer.inputChannels) : factorsOf(layer, weight, inputs, alpha, preparation);
  const inputAmax = maxCalibrator(inputs.absmax, factors.s);
  if (!Number.isFinite(inputAmax)) throw new NonFiniteError(`the input of layer "${layer.name}"`);
  const input = symmetricQuantizer(inputAmax, preparation.quantization.activation.bits);
  const smoothedWeight = smoothWeight(weight, layer.layout, factors.s);
  if (!smoothedWeight.every(Number.isFinite)) throw new NonFiniteError(`the smoothed weight of layer "${layer.name}"`);
  return {
    layer,
    alpha,
    factors,
    apply: alpha === null ? 'none' : 'insert',
    fallbackReason: null,
    outputFactors: null,
    input,
    divisor: Float32Array.from(factors.s, (s) => s * input.scale),
    smoothedWeight,
    weight: fakeQuantizeWeight(smoothedWeight, layer.layout, preparation.quantization.weight),
    biasCorrection: null,
  };
}

function factorsOf(
  layer: Layer,
  weight: Float32Array,
  inputs: InputStatistics,
  alpha: number,
  { smoothing }: Preparation,
): SmoothingFactors {
  if (smoothing.absmax !== 'view')
    return smoothingFactors(inputs.absmax, perInputChannelAbsmax(weight, layer.layout), alpha);
  if (inputs.absmaxView === null) throw new Error(`Invariant: no view statistics for layer "${layer.name}".`);
  return smoothingFactors(inputs.absmaxView, viewAbsmax(weight, layer.layout), alpha);
}

/** Rows of the store for both quantizers of a prepared layer. */
export function quantizerRecords(prepared: PreparedLayer, inputs: InputStatistics): readonly QuantizerRecord[] {
  const { layer, input, weight } = prepared;
  const perChannel = prepared.weight.granularity === 'channel';
  const largest = weight.quantizers.reduce((a, b) => (b.amax > a.amax ? b : a));
  const unsmoothed = weightAmax(readFloatTensor(layer.weight), layer.layout, 'tensor')[0]!;
  return [
    {
      layer: layer.name,
      role: 'input',
      granularity: 'tensor',
      bits: input.bits,
      signed: input.signed,
      amax: input.amax,
      amaxUnsmoothed: inputs.absmax.reduce((a, b) => Math.max(a, b), 0),
      scale: input.scale,
      zeroPoint: input.zeroPoint,
      low: -input.amax,
      narrowRange: false,
      amaxChannels: null,
      lowChannels: null,
    },
    {
      layer: layer.name,
      role: 'weight',
      granularity: perChannel ? 'channel' : 'tensor',
      bits: largest.bits,
      signed: largest.signed,
      amax: largest.amax,
      amaxUnsmoothed: unsmoothed,
      scale: largest.scale,
      zeroPoint: largest.zeroPoint,
      low: -largest.amax,
      narrowRange: false,
      lowChannels: null,
      amaxChannels: perChannel ? Float64Array.from(weight.quantizers, (q) => q.amax) : null,
    },
  ];
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
