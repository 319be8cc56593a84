import { activationSchemes } from '../calibrate/schemes/activation-schemes.js';
import type { ActivationQuantizerSettings } from '../experiment/sections/settings.js';
import { findLayers } from '../onnx/layers/layers.js';
import { NonFiniteError } from '../records/non-finite-error.js';
import type { InputStatistics, TensorStatistics } from '../records/observation-record.js';
import type { SmoothedModel } from '../smooth/smoothed-model.js';
import type { QuantizerGroup } from '../targets/placement.js';
import { placeQuantizers } from '../targets/place-quantizers.js';
import { targets, type PlacingTargetName } from '../targets/registry.js';
import type { PlacedModel, TensorQuantizer } from './placed-model.js';
import { activationRange, quantizerOfRange, type ActivationRange } from './quantizers/input-quantizer.js';
import type { Quantizer } from './quantizers/quantizer.js';

/** What a target's quantizers are made of. */
export interface PlacedPreparation {
  readonly target: PlacingTargetName;
  /** False: only the layers are quantized, e.g. to learn what one of them costs. */
  readonly others: boolean;
  /** By name; those of quantized layers' inputs may be missing. */
  readonly tensors: ReadonlyMap<string, TensorStatistics>;
}

/** Statistics of a tensor of the base model, as FP32's tensor and what that is divided by. */
interface Observed {
  readonly statistics: Pick<InputStatistics, 'min' | 'max' | 'absmax' | 'histograms'>;
  /** `[C]`, of the statistics' channels. */
  readonly factors: Float32Array;
}

/**
 * Places a target's quantizers in a smoothed model, and gives each its range from the statistics of
 * the FP32 model: the base model's tensors are that divided by factors, so no second pass is
 * needed.
 * Tied quantizers have the union of their tensors' ranges.
 *
 * @param inputs statistics of layers' inputs, by layer
 * @throws NonFiniteError naming a tensor whose statistics are not finite
 */
export function placeModel(
  smoothed: SmoothedModel,
  inputs: ReadonlyMap<string, InputStatistics>,
  activation: ActivationQuantizerSettings,
  { target, others, tensors }: PlacedPreparation,
): PlacedModel {
  const { base, layers, convolutions = [] } = smoothed;
  const outputs = [...layers.map(({ layer }) => layer.outputTensor), ...convolutions.map(({ output }) => output)];
  const placement = placeQuantizers(base, targets[target], { layers: new Set(outputs), others });
  const find = statisticsOf(smoothed, inputs, tensors);
  const quantizers = placement.groups.map((group) => groupQuantizer(group, find, activation));
  const channelFactors = new Map(
    layers.flatMap(({ layer, apply, factors }) =>
      apply === 'channelQuantize' ? [[layer.inputTensor, factors.s] as const] : [],
    ),
  );
  return {
    target,
    placement,
    quantizers: placement.quantizers.map(({ tensor, group }): TensorQuantizer => {
      const quantizer = quantizers[group]!;
      const s = channelFactors.get(tensor);
      const divisor = s === undefined ? null : Float32Array.from(s, (factor) => factor * quantizer.scale);
      return { tensor, quantizer, divisor };
    }),
    convolutions,
  };
}

/** Not by `Math.min(...)`: a flattened tensor may have more columns than a call has arguments. */
function smallestOf(factors: Float32Array): number {
  return factors.reduce((least, factor) => Math.min(least, factor), Infinity);
}

type FindStatistics = (tensor: string) => Observed;

function statisticsOf(
  { base, layers, tensorFactors, convolutions = [] }: SmoothedModel,
  inputs: ReadonlyMap<string, InputStatistics>,
  tensors: ReadonlyMap<string, TensorStatistics>,
): FindStatistics {
  const byTensor = new Map<string, Observed['statistics']>(tensors);
  // Layers that stay in float were observed, too.
  for (const { name, inputTensor } of [...findLayers(base), ...layers.map(({ original }) => original)]) {
    const own = inputs.get(name);
    if (own !== undefined) byTensor.set(inputTensor, own);
  }
  const divided = new Map(tensorFactors);
  for (const { layer, apply, factors } of layers) {
    if (apply === 'channelQuantize') divided.set(layer.inputTensor, factors.s);
  }
  const smoothers = new Map(convolutions.map((convolution) => [convolution.output, convolution]));
  return (tensor) => {
    const smoother = smoothers.get(tensor);
    const statistics = byTensor.get(smoother?.input ?? tensor);
    if (statistics === undefined) throw new Error(`Invariant: tensor "${tensor}" was not observed.`);
    if (!statistics.absmax.every(Number.isFinite)) throw new NonFiniteError(`tensor "${tensor}"`);
    const channels = statistics.absmax.length;
    const before = divided.get(smoother?.input ?? tensor);
    const factors = new Float32Array(channels).fill(1);
    // Of a tensor whose channels were not told apart: what leaves none of them out of the range.
    const own = before?.length === channels ? before : before?.slice(0, 1).fill(smallestOf(before));
    for (let c = 0; c < channels; c++) factors[c] = (own?.[c] ?? 1) * (smoother?.s[c] ?? 1);
    return { statistics, factors };
  };
}

function groupQuantizer(
  { observed, range }: QuantizerGroup,
  find: FindStatistics,
  activation: ActivationQuantizerSettings,
): Quantizer {
  if (range !== null) {
    const { isSigned } = activationSchemes[activation.scheme];
    return quantizerOfRange({ ...range, signed: isSigned(Float64Array.of(range.low)) }, activation);
  }
  const ranges = observed.map((tensor) => {
    const { statistics, factors } = find(tensor);
    return activationRange(statistics, factors, activation);
  });
  return quantizerOfRange(ranges.reduce(union), activation);
}

function union(a: ActivationRange, b: ActivationRange): ActivationRange {
  const signed = a.signed || b.signed;
  const high = Math.max(a.high, b.high);
  return { signed, high, low: Math.min(a.low, b.low) };
}
