import type { InputStatistics } from '../records/observation-record.js';
import type { CanonicalSmoothing } from './smoothing-settings.js';
import type { FoldRegion } from '../onnx/folding/fold-region.js';
import type { Layer } from '../onnx/layers/layers.js';
import type { OnnxModel } from '../onnx/onnx-model.js';
import { floatTensor, readFloatTensor } from '../onnx/tensor.js';
import type { PlacingTargetName } from '../targets/registry.js';
import { addConvolutions } from './add-convolutions.js';
import { chooseForms } from './choose-forms.js';
import { findFoldRegions, type FoldRegions } from './fold-regions.js';
import { smoothingModes } from './modes/registry.js';
import type { RegionFactors } from './modes/smoothing-mode.js';
import { factorsOf, rescaleModel, rescaleWeight, type Fold, type Scaling } from './rescale-model.js';
import { regionFactors } from './region-factors.js';
import { findScalingRegions } from './scaling-regions.js';
import { tensorFactors } from './tensor-factors.js';
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
  /**
   * W * s, of the weight's shape, not divided by `outputFactors`: its integers are the layer's, and
   * the scales of these are divided instead. Null: they are those of `smoothedWeight`.
   */
  readonly undividedWeight: Float32Array | null;
}

export interface SmoothedModel {
  /**
   * The given model with 1/s moved into the producers, and s into the weights, of folded layers:
   * the same function.
   */
  readonly base: OnnxModel;
  readonly layers: readonly SmoothedLayer[];
  /**
   * Tensors of the base that are FP32's divided by `[C]` factors, by name: those between producers
   * and readers of what is folded or requantized. Absent: none.
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
 * weights. Folding and requantizing take the elementwise maximum over the layers that read one
 * tensor, from the output to the input of the network: a layer whose own output was divided by then
 * has its s from the divided weight. (From the given weights a range that lies in two neighbours
 * would be evened out twice, and so be uneven again.)
 *
 * @param target how what can't be folded is written; null: the layer divides its own input
 */
export function smoothLayers(
  model: OnnxModel,
  layers: readonly Layer[],
  statistics: ReadonlyMap<string, InputStatistics>,
  smoothing: CanonicalSmoothing,
  alphaOf: AlphaOf,
  target: PlacingTargetName | null = null,
): SmoothedModel {
  const { factors } = smoothingModes[smoothing.mode];
  if (factors.of === 'region') return smoothRegions(model, layers, factors);
  const decide: DecideFactors = (layer) => decideFactors([layer], statistics, smoothing, alphaOf).get(layer.name)!;
  const decided = decideAll(model, layers, smoothing, decide, statistics);
  const decisions = target === null ? decided.decisions : chooseForms(model, layers, decided.decisions, target);
  return applySmoothing(model, layers, decisions, decided);
}

/** The smoothing of one layer, from its weight as it is given. */
type DecideFactors = (layer: Layer) => LayerSmoothing;

interface Decided extends Moves {
  /** By layer name. */
  readonly decisions: Map<string, LayerSmoothing>;
}

function decideAll(
  model: OnnxModel,
  layers: readonly Layer[],
  { apply }: CanonicalSmoothing,
  decide: DecideFactors,
  statistics: ReadonlyMap<string, InputStatistics>,
): Decided {
  if (apply === 'fold') return decideFolds(model, layers, decide);
  if (apply === 'requantize') return decideScalings(model, layers, decide, statistics);
  const decisions = new Map(layers.map((layer) => [layer.name, decide(layer)]));
  return { decisions, folds: [], scalings: [] };
}

function decideFolds(model: OnnxModel, layers: readonly Layer[], decide: DecideFactors): Decided {
  const { regions, reasons } = findFoldRegions(model, layers);
  const decisions = new Map<string, LayerSmoothing>();
  const folds: Fold[] = [];
  const outputFactors = new Map<string, Float32Array>();
  for (const layer of [...layers].reverse()) {
    const own = decide(divideOutput(layer, outputFactors.get(layer.name) ?? null));
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
  return { decisions, folds, scalings: [] };
}

function decideScalings(
  model: OnnxModel,
  layers: readonly Layer[],
  decide: DecideFactors,
  statistics: ReadonlyMap<string, InputStatistics>,
): Decided {
  const { regions, reasons } = findScalingRegions(model, layers);
  const own = new Set(layers.map(({ name }) => name));
  const ofFirst = new Map(
    regions.map(
      (region) =>
        [
          firstOf(
            layers,
            region.readers.map(({ layer }) => layer),
          ),
          region,
        ] as const,
    ),
  );
  const decisions = new Map<string, LayerSmoothing>();
  const scalings: Scaling[] = [];
  const outputFactors = new Map<string, Float32Array>();
  for (const layer of [...layers].reverse()) {
    const decision = decide(divideOutput(layer, outputFactors.get(layer.name) ?? null));
    decisions.set(layer.name, { ...decision, fallbackReason: reasons.get(layer.name) ?? null });
    // As above: all other readers are decided. A region can hold layers of its own on the way from
    // one of its tensors to another (a residual branch); those come before it.
    const region = ofFirst.get(layer.name);
    if (region === undefined) continue;
    const readers = region.readers.flatMap(({ layer: { name }, classes }) =>
      own.has(name) ? [{ classes, factors: decisions.get(name)!.factors, statistics: statistics.get(name)! }] : [],
    );
    const s = regionFactors(region.classes, readers);
    for (const { layer: reader, classes } of region.readers) {
      const before = decisions.get(reader.name);
      if (before === undefined) continue;
      const factors = { ...before.factors, s: factorsOf(classes, s) };
      decisions.set(reader.name, { ...before, factors, apply: 'requantize' });
    }
    scalings.push({ region, s });
    for (const { layer: producer, classes } of region.producers) {
      if (producer !== null) outputFactors.set(producer.name, factorsOf(classes, s));
    }
  }
  return { decisions, folds: [], scalings };
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
  return layers.map((layer) => smoothLayer(layer, layer, decisions.get(layer.name)!, null, false));
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

/** What of the decided smoothing moves into producers. */
export interface Moves {
  /** The regions of all layers whose smoothing is folded. */
  readonly folds: readonly Fold[];
  /** Those of all layers whose smoothing is requantized with. */
  readonly scalings: readonly Scaling[];
}

/**
 * Applies smoothing that is decided, e.g. that a finished trial stored.
 *
 * @param decisions by layer name
 */
export function applySmoothing(
  model: OnnxModel,
  layers: readonly Layer[],
  decisions: ReadonlyMap<string, LayerSmoothing>,
  { folds, scalings }: Moves,
): SmoothedModel {
  const inputs = new Map(
    [...decisions].flatMap(([name, { apply, factors }]) => (apply === 'depthwise' ? [[name, factors.s] as const] : [])),
  );
  const rescaled = rescaleModel(model, { folds, scalings, inputs });
  const requantized = new Set(scalings.flatMap(({ region }) => region.producers.map(({ layer }) => layer?.name)));
  const { base, inputTensors, convolutions } = addConvolutions(rescaled.model, layers, inputs);
  return {
    base,
    layers: layers.map((original) => {
      const layer = rescaled.layers.get(original.name) ?? original;
      const inputTensor = inputTensors.get(original.name) ?? original.inputTensor;
      return smoothLayer(
        base === model ? original : { ...layer, inputTensor },
        original,
        decisions.get(original.name)!,
        rescaled.outputFactors.get(original.name) ?? null,
        requantized.has(original.name),
      );
    }),
    ...(folds.length + scalings.length === 0 ? {} : { tensorFactors: tensorFactors(model, { folds, scalings }) }),
    ...(convolutions.length === 0 ? {} : { convolutions }),
  };
}

function smoothLayer(
  layer: Layer,
  original: Layer,
  decision: LayerSmoothing,
  outputFactors: Float32Array | null,
  keepsIntegers: boolean,
): SmoothedLayer {
  const { apply, factors } = decision;
  const smooth = ({ weight, layout }: Layer): Float32Array => smoothWeight(readFloatTensor(weight), layout, factors.s);
  return {
    layer,
    original,
    ...decision,
    outputFactors,
    // Of the others the base model's weight is multiplied already.
    smoothedWeight: dividesOwnInput(apply) ? smooth(layer) : readFloatTensor(layer.weight),
    undividedWeight: keepsIntegers ? (apply === 'none' ? readFloatTensor(original.weight) : smooth(original)) : null,
  };
}

/** Whether the layer's input in the base model still has to be divided by s. */
export function dividesOwnInput(apply: AppliedSmoothing): boolean {
  return apply === 'insert' || apply === 'channelQuantize';
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
  return applySmoothing(model, layers, decisions, { folds, scalings: [] });
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
