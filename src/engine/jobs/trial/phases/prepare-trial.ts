import type { TrialSettings } from '../../../../plan/plan.js';
import { readsMoments, roundsOnQuantizedInputs } from '../../../../experiment/sections/quantization.js';
import { fixedAlphas } from '../../../../quantize/fixed-alphas.js';
import {
  prepareModel,
  type AlphaOf,
  type PreparedModel,
  type Preparation,
} from '../../../../quantize/prepare-layers.js';
import { bitsOfLayers, selectLayers, type LayerBits } from '../../../../quantize/select-layers.js';
import { searchesAlphas } from '../../../../smooth/modes/registry.js';
import { roundedBefore } from '../../rounded-before.js';
import type { TrialJob } from '../trial-job.js';
import type { OpenedTrial } from './open-trial.js';

/** With its layers smoothed and quantized. */
export interface PreparedTrial extends OpenedTrial {
  readonly preparation: Preparation;
  readonly prepared: PreparedModel;
}

/**
 * Smooths and quantizes the layers that the settings select, but for those that stay in float by
 * their rank.
 */
export async function prepareTrial(trial: OpenedTrial): Promise<PreparedTrial> {
  const { job, model, settings, statistics, tensors, context } = trial;
  const { layers, quantization, smoothing, target } = settings;
  const bits = withWeightBits(bitsOfLayers(model.layers, layers), job.weightBits);
  const placed =
    target === undefined || target === 'layers-only'
      ? {}
      : { placed: { target, tensors, others: layers.sensitivity !== 'only' } };
  const preparation: Preparation = {
    quantization,
    smoothing,
    bits,
    alphaOf: alphaOf(smoothing, job.alphas),
    ...placed,
    ...(readsMoments(quantization) ? { rounded: context.caches.of(roundedBefore) } : {}),
    ...(job.moments === null ? {} : { moments: new Map(job.moments.layers.map((own) => [own.layer, own])) }),
  };
  // Where inputs of quantized layers tell, weights are rounded once these are known.
  const atFirst = roundsOnQuantizedInputs(quantization) ? { ...preparation, moments: new Map() } : preparation;
  const prepared = await context.clock.measure('prepare', () =>
    prepareModel(model.folded, selectLayers(model.layers, layers, job.keptFloat), statistics, atFirst),
  );
  return { ...trial, preparation, prepared };
}

function withWeightBits(
  bits: ReadonlyMap<string, LayerBits>,
  found: TrialJob['weightBits'] = new Map(),
): ReadonlyMap<string, LayerBits> {
  return new Map([
    ...bits,
    ...[...found].map(
      ([layer, weight]) => [layer, { activation: bits.get(layer)?.activation ?? null, weight }] as const,
    ),
  ]);
}

function alphaOf(smoothing: TrialSettings['smoothing'], alphas: TrialJob['alphas']): AlphaOf {
  if (!searchesAlphas(smoothing.mode)) return fixedAlphas(smoothing);
  return (layer) => {
    const alpha = alphas?.get(layer);
    if (alpha === undefined) throw new Error(`Invariant: the search chose no alpha for layer "${layer}".`);
    return alpha;
  };
}
