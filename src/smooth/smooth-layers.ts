import type { InputStatistics } from '../records/observation-record.js';
import type { CanonicalSmoothing } from './smoothing-settings.js';
import type { FoldRegion } from '../onnx/folding/fold-region.js';
import type { Layer } from '../onnx/layers/layers.js';
import type { OnnxModel } from '../onnx/onnx-model.js';
import { floatTensor, readFloatTensor } from '../onnx/tensor.js';
import { findFoldRegions, type FoldRegions } from './fold-regions.js';
import { smoothingModes } from './modes/registry.js';
import type { RegionFactors } from './modes/smoothing-mode.js';
import { rescaleModel, rescaleWeight, type Fold } from './rescale-model.js';
import { noSmoothing, type SmoothingFactors } from './smoothing-factors.js';
import { smoothWeight } from './smooth-weight.js';

/** Alpha of a layer: a number, or null where its mode has none. */
export type AlphaOf = (layer: string) => number | null;

/**
 * How a layer's smoothing is written.
 *
 * - `insert`: its input is divided by s
 * - `fold`: the base model's tensor is divided already, by the producer's float weight and bias
 * - `requantize`: the same, by the scale of the producer's integer weight, whose integers are those
 *   without it
 * - `depthwise`: a depthwise 1x1 convolution of the base model divides the input
 * - `channelQuantize`: the quantizer of the input has a scale for each channel
 * - `none`: s is 1
 */
export type AppliedSmoothing = 'insert' | 'fold' | 'requantize' | 'depthwise' | 'channelQuantize' | 'none';

/** A depthwise 1x1 convolution in the base model that divides by s. */
export interface SmoothingConvolution {
  /** Name of the layer that it is for. */
  readonly layer: string;
  readonly input: string;
  readonly output: string;
  /** `[C]`; its weight is 1/s, as the integer 1 with the scale 1/s of its channel. */
  readonly s: Float32Array;
}

/** A layer whose smoothing is decided. */
export interface SmoothedLayer {
  /** Of the smoothed model's `base`. */
  readonly layer: Layer;
  /** The same layer before anything was folded: its weight is FP32's. */
  readonly original: Layer;
  /** null without SmoothQuant. */
  readonly alpha: number | null;
  /** The factors that are applied: of a folded layer those of its tensor, which it may share. */
  readonly factors: SmoothingFactors;
  readonly apply: AppliedSmoothing;
  /**
   * Why s is inserted although it was to be folded, or why the layer was left alone; null
   * otherwise.
   */
  readonly fallbackReason: string | null;
  /**
   * `[O]`, by which the base model's output of this layer is divided, for layers behind it that
   * were folded; null: 1.
   */
  readonly outputFactors: Float32Array | null;
  /** W * s, of the weight's shape, in the units of the base model's output. */
  readonly smoothedWeight: Float32Array;
}

export interface SmoothedModel {
  /**
   * The given model with 1/s moved into the producers, and s into the weights, of folded layers:
   * the same function.
   */
  readonly base: OnnxModel;
  readonly layers: readonly SmoothedLayer[];
  /**
   * Tensors of the base that are FP32's divided by `[C]` factors, by name; absent: no other than
   * layers' inputs are known to be.
   */
  readonly tensorFactors?: ReadonlyMap<string, Float32Array>;
  /** Absent: none. */
  readonly convolutions?: readonly SmoothingConvolution[];
}

/** What was decided for one layer. */
export interface LayerSmoothing {
  readonly alpha: number | null;
  readonly factors: SmoothingFactors;
  readonly apply: SmoothedLayer['apply'];
  readonly fallbackReason: string | null;
}

/**
 * Decides s of every layer and how it is applied. Inserted s all come from the given model's
 * weights. Folding takes the elementwise maximum over the layers that read one tensor, from the
 * output to the input of the network: a layer whose own output was divided by then has its s from
 * the divided weight, the one that it is quantized with. (From the given weights a range that lies
 * in two neighbours would be evened out twice, and so be uneven again.)
 */
export function smoothLayers(
  model: OnnxModel,
  layers: readonly Layer[],
  statistics: ReadonlyMap<string, InputStatistics>,
  smoothing: CanonicalSmoothing,
  alphaOf: AlphaOf,
): SmoothedModel {
  const { factors } = smoothingModes[smoothing.mode];
  if (factors.of === 'region') return smoothRegions(model, layers, factors);
  if (smoothing.apply !== 'fold') {
    return applySmoothing(model, layers, decideFactors(layers, statistics, smoothing, alphaOf), []);
  }
  const { regions, reasons } = findFoldRegions(model, layers);
  const decisions = new Map<string, LayerSmoothing>();
  const folds: Fold[] = [];
  const outputFactors = new Map<string, Float32Array>();
  for (const layer of [...layers].reverse()) {
    const divided = divideOutput(layer, outputFactors.get(layer.name) ?? null);
    const own = decideFactors([divided], statistics, smoothing, alphaOf).get(layer.name)!;
    decisions.set(layer.name, { ...own, fallbackReason: reasons.get(layer.name) ?? null });
    // Readers come behind their producer: at the first of them in graph order all are decided.
    const region = regions.find(({ readers }) => firstOf(layers, readers) === layer.name);
    if (region === undefined) continue;
    const all = region.readers.map(({ name }) => decisions.get(name)!.factors.s);
    const s = all[0]!.map((_, c) => Math.max(...all.map((factors) => factors[c]!)));
    for (const { name } of region.readers) {
      const reader = decisions.get(name)!;
      decisions.set(name, { ...reader, factors: { ...reader.factors, s }, apply: 'fold' });
    }
    folds.push({ region, s });
    if (region.producer.layer !== null) outputFactors.set(region.producer.layer.name, s);
  }
  return applySmoothing(model, layers, decisions, folds);
}

/** Name of the first of the readers in graph order. */
function firstOf(layers: readonly Layer[], readers: readonly Layer[]): string | undefined {
  const names = new Set(readers.map(({ name }) => name));
  return layers.find(({ name }) => names.has(name))?.name;
}

/** The layer with its weight divided along its output channels. */
function divideOutput(layer: Layer, factors: Float32Array | null): Layer {
  if (factors === null) return layer;
  const values = rescaleWeight(readFloatTensor(layer.weight), layer.layout, null, factors);
  return { ...layer, weight: floatTensor(layer.weight.name, layer.weightShape, values) };
}

/** Each layer by itself, its own input divided by s. */
export function insertSmoothing(
  layers: readonly Layer[],
  statistics: ReadonlyMap<string, InputStatistics>,
  smoothing: CanonicalSmoothing,
  alphaOf: AlphaOf,
): readonly SmoothedLayer[] {
  const decisions = decideFactors(layers, statistics, smoothing, alphaOf);
  return layers.map((layer) => smoothLayer(layer, layer, decisions.get(layer.name)!, null));
}

function decideFactors(
  layers: readonly Layer[],
  statistics: ReadonlyMap<string, InputStatistics>,
  smoothing: CanonicalSmoothing,
  alphaOf: AlphaOf,
): Map<string, LayerSmoothing> {
  const definition = smoothingModes[smoothing.mode].factors;
  // Of a layer by itself there is nothing to even out.
  const ofLayer = definition.of === 'layer' ? definition.factors : null;
  return new Map(
    layers.map((layer): [string, LayerSmoothing] => {
      const alpha = alphaOf(layer.name);
      const inputs = statistics.get(layer.name);
      if (inputs === undefined) throw new Error(`Invariant: no statistics for layer "${layer.name}".`);
      const none = { alpha, factors: noSmoothing(layer.inputChannels), apply: 'none', fallbackReason: null } as const;
      const factors = ofLayer === null ? null : ofLayer(layer, inputs, { alpha, absmax: smoothing.absmax });
      return [layer.name, factors === null ? none : { ...none, factors, apply: 'insert' }];
    }),
  );
}

/**
 * Applies smoothing that is decided, e.g. that a finished trial stored.
 *
 * @param decisions by layer name
 * @param folds the regions of all layers whose smoothing is folded
 */
export function applySmoothing(
  model: OnnxModel,
  layers: readonly Layer[],
  decisions: ReadonlyMap<string, LayerSmoothing>,
  folds: readonly Fold[],
): SmoothedModel {
  const rescaled = rescaleModel(model, folds);
  return {
    base: rescaled.model,
    layers: layers.map((original) => {
      const layer = folds.length === 0 ? original : rescaled.layers.get(original.name)!;
      const outputFactors = rescaled.outputFactors.get(original.name) ?? null;
      return smoothLayer(layer, original, decisions.get(original.name)!, outputFactors);
    }),
  };
}

function smoothLayer(
  layer: Layer,
  original: Layer,
  decision: LayerSmoothing,
  outputFactors: Float32Array | null,
): SmoothedLayer {
  const weight = readFloatTensor(layer.weight);
  const smoothedWeight = decision.apply === 'insert' ? smoothWeight(weight, layer.layout, decision.factors.s) : weight;
  return { layer, original, ...decision, outputFactors, smoothedWeight };
}

function smoothRegions(model: OnnxModel, layers: readonly Layer[], definition: RegionFactors): SmoothedModel {
  const { regions, reasons } = withLayerProducers(findFoldRegions(model, layers));
  const factors = definition.factors(regions);
  const folded = new Map(
    regions.flatMap(({ readers }, index) => readers.map(({ name }) => [name, factors[index]!] as const)),
  );
  const decisions = new Map(
    layers.map(({ name, inputChannels }): [string, LayerSmoothing] => {
      const own = folded.get(name);
      const fallbackReason = reasons.get(name) ?? null;
      if (own === undefined) {
        return [name, { alpha: null, factors: noSmoothing(inputChannels), apply: 'none', fallbackReason }];
      }
      return [name, { alpha: null, factors: own, apply: 'fold', fallbackReason: null }];
    }),
  );
  const folds = regions.map((region, index) => ({ region, s: factors[index]!.s }));
  return applySmoothing(model, layers, decisions, folds);
}

/** Two weights are evened out: a BatchNormalization has none. */
function withLayerProducers({ regions, reasons }: FoldRegions): FoldRegions {
  const pairs: FoldRegion[] = [];
  const all = new Map(reasons);
  for (const region of regions) {
    if (region.producer.layer !== null) pairs.push(region);
    else for (const { name } of region.readers) all.set(name, 'its input comes from a BatchNormalization, not a layer');
  }
  return { regions: pairs, reasons: all };
}
