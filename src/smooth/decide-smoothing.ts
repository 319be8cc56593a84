import type { Layer } from '../onnx/layers/layers.js';
import type { OnnxModel } from '../onnx/onnx-model.js';
import { floatTensor, readFloatTensor } from '../onnx/tensor.js';
import type { InputStatistics } from '../records/observation-record.js';
import { hasOneScale } from '../targets/one-scale.js';
import type { PlacingTargetName } from '../targets/registry.js';
import { findFoldRegions } from './fold-regions.js';
import { regionFactors } from './region-factors.js';
import { factorsOf, rescaleWeight, type Fold, type Moves, type Scaling } from './rescale-model.js';
import { findScalingRegions } from './scaling-regions.js';
import type { LayerSmoothing } from './smoothed-model.js';

/** The smoothing of one layer, from its weight as it is given. */
export type DecideLayer = (layer: Layer) => LayerSmoothing;

/** The smoothing of all layers, and what of it moves into producers. */
export interface Decided extends Moves {
  /** By layer name. */
  readonly decisions: ReadonlyMap<string, LayerSmoothing>;
}

/**
 * Folds s of layers whose inputs have one producer: the elementwise maximum over the layers that
 * read one tensor. Decided from the output to the input of the network: a layer whose own output
 * was divided by then has its s from the divided weight, the one that it is quantized with. (From
 * the given weights a range that lies in two neighbours would be evened out twice, and so be uneven
 * again.)
 */
export function decideFolds(model: OnnxModel, layers: readonly Layer[], decide: DecideLayer): Decided {
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

/**
 * Moves s of layers into the scales of all producers around their inputs: decided as
 * {@link decideFolds} does, in regions of several producers. A region can hold layers on the way
 * from one of its tensors to another (a residual branch): what those read is decided before it,
 * from their undivided weights.
 */
export function decideScalings(
  model: OnnxModel,
  layers: readonly Layer[],
  statistics: ReadonlyMap<string, InputStatistics>,
  decide: DecideLayer,
  target: PlacingTargetName | null,
): Decided {
  const { regions, reasons } = findScalingRegions(model, layers, (layer) => whyOneScale(layer, target));
  const own = new Set(layers.map(({ name }) => name));
  const ofFirst = new Map(
    regions.map((region) => {
      const readers = region.readers.map(({ layer }) => layer);
      return [firstOf(layers, readers), region] as const;
    }),
  );
  const decisions = new Map<string, LayerSmoothing>();
  const scalings: Scaling[] = [];
  const outputFactors = new Map<string, Float32Array>();
  for (const layer of [...layers].reverse()) {
    const decision = decide(divideOutput(layer, outputFactors.get(layer.name) ?? null));
    decisions.set(layer.name, { ...decision, fallbackReason: reasons.get(layer.name) ?? null });
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

/** Of a target that has no scale for each output channel of some operator's weight. */
function whyOneScale(layer: Layer, target: PlacingTargetName | null): string | null {
  if (target === null || !hasOneScale(layer, target)) return null;
  return `${layer.op} "${layer.name}" has one scale for its weight beside ${target}`;
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
