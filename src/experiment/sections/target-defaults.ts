import { layerOpNames, type LayerOp } from '../../onnx/layers/layer-op.js';
import { targets, type PlacingTargetName } from '../../targets/registry.js';

/** Sections in which a target has defaults of its own. */
export const sectionsOfTargets: readonly string[] = ['layers', 'quantization', 'smoothing'];

/** A path inside a section, and the value there. */
type Default = readonly [path: readonly string[], value: string | boolean | readonly string[]];

/**
 * The defaults of a target in one section; none of `layers-only`, and of what is no target.
 *
 * @param target as it was written
 */
export function targetDefaults(target: unknown, section: string): readonly Default[] {
  if (typeof target !== 'string' || !Object.hasOwn(targets, target)) return [];
  const { activations, weights, operators } = targets[target as PlacingTargetName];
  if (section === 'layers') {
    const runs = (op: LayerOp): boolean => [operators[op] ?? []].flat().some((rule) => rule.runs === 'quantize');
    return [[['ops'], layerOpNames.filter(runs)]];
  }
  if (section === 'smoothing') return [[['apply'], 'requantize']];
  if (section !== 'quantization') return [];
  return [
    [['activation', 'scheme'], activations.schemes[0]],
    [['weight', 'scheme'], weights.schemes[0]],
    [['weight', 'granularity'], weights.granularities[0]],
    [['weight', 'narrowRange'], weights.narrowRange],
  ];
}
