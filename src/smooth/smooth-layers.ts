import type { InputStatistics } from '../records/observation-record.js';
import type { CanonicalSmoothing } from './smoothing-settings.js';
import type { FoldRegion } from '../onnx/folding/fold-region.js';
import type { Layer } from '../onnx/layers/layers.js';
import type { OnnxModel } from '../onnx/onnx-model.js';
import { readFloatTensor } from '../onnx/tensor.js';
import type { PlacingTargetName } from '../targets/registry.js';
import { addConvolutions } from './add-convolutions.js';
import { chooseForms } from './choose-forms.js';
import { decideFolds, decideScalings, type DecideLayer, type Decided } from './decide-smoothing.js';
import { findFoldRegions, type FoldRegions } from './fold-regions.js';
import { smoothingModes } from './modes/registry.js';
import type { RegionFactors } from './modes/smoothing-mode.js';
import { rescaleModel, type Moves } from './rescale-model.js';
import { dividesOwnInput, type LayerSmoothing, type SmoothedLayer, type SmoothedModel } from './smoothed-model.js';
import { noSmoothing } from './smoothing-factors.js';
import { smoothWeight } from './smooth-weight.js';
import { tensorFactors } from './tensor-factors.js';

export type { SmoothedLayer, SmoothedModel, SmoothingConvolution } from './smoothed-model.js';

/** Alpha of a layer: a number, or null where its mode has none. */
export type AlphaOf = (layer: string) => number | null;

/**
 * Decides s of every layer and how it is applied. Inserted s all come from the given model's
 * weights; what moves into producers see {@link decideFolds} and {@link decideScalings}.
 *
 * @param target how what moves into no producer is written; null: the layer divides its own input
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
  const decide: DecideLayer = (layer) => decideFactors([layer], statistics, smoothing, alphaOf).get(layer.name)!;
  const decided = decideAll(model, layers, statistics, smoothing.apply, decide, target);
  const decisions = target === null ? decided.decisions : chooseForms(model, layers, decided.decisions, target);
  return applySmoothing(model, layers, decisions, decided);
}

function decideAll(
  model: OnnxModel,
  layers: readonly Layer[],
  statistics: ReadonlyMap<string, InputStatistics>,
  apply: CanonicalSmoothing['apply'],
  decide: DecideLayer,
  target: PlacingTargetName | null,
): Decided {
  switch (apply) {
    case 'fold':
      return decideFolds(model, layers, decide);
    case 'requantize':
      return decideScalings(model, layers, statistics, decide, target);
    case 'insert':
    case null:
      return { decisions: new Map(layers.map((layer) => [layer.name, decide(layer)])), folds: [], scalings: [] };
    default: {
      const unreachable: never = apply;
      throw new Error(`Invariant: smoothing applied by ${String(unreachable)}.`);
    }
  }
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
