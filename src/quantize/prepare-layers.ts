import { maxCalibrator } from '../calibrate/calibrators.js';
import type { CanonicalSmoothing } from '../experiment/canonical-settings.js';
import type { LayerRule, QuantizationSettings } from '../experiment/settings.js';
import type { InputStatistics, QuantizerRecord, SmoothingRecord } from '../evaluate/results.js';
import { NonFiniteError } from '../evaluate/non-finite-error.js';
import type { Layer } from '../graph/layers.js';
import type { OnnxModel } from '../graph/onnx-model.js';
import { readFloatTensor } from '../graph/tensor.js';
import { insertSmoothing, smoothLayers, type AlphaOf, type SmoothedLayer } from '../smooth/smooth-layers.js';
import { fakeQuantizeWeight, weightAmax, type QuantizedWeight } from './fake-quantize-weight.js';
import { symmetricQuantizer, type Quantizer } from './quantizer.js';

export type { AlphaOf };

/** Everything about a layer that its quantized form needs. */
export interface PreparedLayer extends SmoothedLayer {
  readonly input: Quantizer;
  /**
   * `s[c] * scale` in float32, `[I]`: what divides the FP32 model's tensor, smoothing and quantization scale in one. The
   * base model's tensor of a folded layer is divided by s already.
   */
  readonly divisor: Float32Array;
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
  const smoothed = smoothLayers(folded, layers, statistics, preparation.smoothing, preparation.alphaOf);
  return {
    base: smoothed.base,
    layers: smoothed.layers.map((layer) => prepareLayer(layer, statistics.get(layer.layer.name)!, preparation)),
  };
}

/** Each layer by itself, its own input divided by s. @throws NonFiniteError as {@link prepareModel} */
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
  const inputAmax = maxCalibrator(inputs.absmax, factors.s);
  if (!Number.isFinite(inputAmax)) throw new NonFiniteError(`the input of layer "${layer.name}"`);
  const input = symmetricQuantizer(inputAmax, preparation.quantization.activation.bits);
  if (!smoothedWeight.every(Number.isFinite)) throw new NonFiniteError(`the smoothed weight of layer "${layer.name}"`);
  return {
    ...smoothed,
    input,
    divisor: Float32Array.from(factors.s, (s) => s * input.scale),
    weight: fakeQuantizeWeight(smoothedWeight, layer.layout, preparation.quantization.weight),
    biasCorrection: null,
  };
}

/** Rows of the store for both quantizers of a prepared layer. */
export function quantizerRecords(prepared: PreparedLayer, inputs: InputStatistics): readonly QuantizerRecord[] {
  const { layer, original, input, weight } = prepared;
  const perChannel = prepared.weight.granularity === 'channel';
  const largest = weight.quantizers.reduce((a, b) => (b.amax > a.amax ? b : a));
  const unsmoothed = weightAmax(readFloatTensor(original.weight), layer.layout, 'tensor')[0]!;
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
