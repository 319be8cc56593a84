import type { Layer } from '../onnx/layers/layers.js';
import { ModelError } from '../onnx/model-error.js';
import type { OnnxModel } from '../onnx/onnx-model.js';
import { findFoldRegions } from './fold-regions.js';
import type { Fold, Scaling } from './rescale-model.js';
import { findScalingRegions } from './scaling-regions.js';
import { applySmoothing } from './smooth-layers.js';
import type { LayerSmoothing, SmoothedModel } from './smoothed-model.js';

/**
 * Smooths the layers of a finished trial again as it did, from the s that it stored.
 *
 * @param model the trial's, with BatchNormalization folded
 * @param layers all layers that the trial quantized
 * @param decisions by layer name
 * @throws ModelError naming a layer whose s can't be folded into this model, or not as one with its
 *   neighbours'
 */
export function restoreSmoothing(
  model: OnnxModel,
  layers: readonly Layer[],
  decisions: ReadonlyMap<string, LayerSmoothing>,
): SmoothedModel {
  const folds = restoreFolds(model, layers, decisions);
  const scalings = restoreScalings(model, layers, decisions);
  return applySmoothing(model, layers, decisions, { folds, scalings });
}

function restoreFolds(
  model: OnnxModel,
  layers: readonly Layer[],
  decisions: ReadonlyMap<string, LayerSmoothing>,
): readonly Fold[] {
  const isFolded = ({ name }: Layer): boolean => decisions.get(name)?.apply === 'fold';
  const { regions, reasons } = findFoldRegions(model, layers);
  for (const { name } of layers.filter(isFolded)) {
    const reason = reasons.get(name);
    if (reason !== undefined) throw differs(name, reason);
  }
  return regions
    .filter(({ readers }) => readers.some(isFolded))
    .map((region): Fold => {
      const [first, ...others] = region.readers.map(({ name }) => ({ name, ...decisions.get(name)! }));
      const { s } = first!.factors;
      for (const { name, apply, factors } of others) {
        const same = apply === 'fold' && factors.s.every((value, channel) => value === s[channel]);
        if (!same) throw differs(name, `layer "${first!.name}" reads the same tensor with another s`);
      }
      return { region, s };
    });
}

function restoreScalings(
  model: OnnxModel,
  layers: readonly Layer[],
  decisions: ReadonlyMap<string, LayerSmoothing>,
): readonly Scaling[] {
  const isRequantized = ({ name }: Layer): boolean => decisions.get(name)?.apply === 'requantize';
  if (!layers.some(isRequantized)) return [];
  const { regions, reasons } = findScalingRegions(model, layers);
  for (const { name } of layers.filter(isRequantized)) {
    const reason = reasons.get(name);
    if (reason !== undefined) throw differs(name, reason);
  }
  const requantized = new Set(layers.filter(isRequantized).map(({ name }) => name));
  const used = regions.filter(({ readers }) => readers.some(({ layer }) => requantized.has(layer.name)));
  return used.map((region): Scaling => {
    const s = new Float32Array(region.classes);
    for (const { layer, classes } of region.readers) {
      const decision = decisions.get(layer.name);
      // Layers that stay in float stored nothing.
      if (decision === undefined) continue;
      if (decision.apply !== 'requantize') throw differs(layer.name, 'a tensor that it reads is divided by s');
      for (const [channel, own] of classes.entries()) {
        const value = decision.factors.s[channel]!;
        if (s[own] !== 0 && s[own] !== value) throw differs(layer.name, 'a neighbour has another s');
        s[own] = value;
      }
    }
    return { region, s: s.map((value) => (value === 0 ? 1 : value)) };
  });
}

function differs(layer: string, reason: string): ModelError {
  return new ModelError(
    `Layer "${layer}": expected the trial's s to fold into the model, but ${reason}. The trial was made by another version of quantsweep; run its sweep again.`,
  );
}
