import type { LayerSettings } from '../experiment/settings.js';
import { ModelError } from '../graph/model-error.js';
import type { FoundLayer, Layer } from '../graph/layers.js';

/**
 * The layers that a trial quantizes: of the wanted operators, matched by a glob of `include` and by none of `exclude`.
 * Layers that can't be quantized stay float unless `include` names one of them without a wildcard.
 *
 * @param keptFloat layers that stay float by their rank
 * @throws ModelError when no layer is left, or a named layer can't be quantized
 */
export function selectLayers(
  layers: readonly FoundLayer[],
  settings: LayerSettings,
  keptFloat: readonly string[] = [],
): readonly Layer[] {
  for (const layer of layers) {
    if (!layer.supported && settings.include.includes(layer.name) && unwanted(layer, settings) === null) {
      throw new ModelError(`Layer "${layer.name}" can't be quantized: ${layer.reason}. Take it out of layers.include.`);
    }
  }
  const selected = layers.filter((l) => l.supported).filter((l) => unwanted(l, settings) === null);
  if (selected.length === 0) throw new ModelError(nothingSelected(layers, settings));
  return selected.filter((layer) => !keptFloat.includes(layer.name));
}

/** Why a layer stays float under the settings; null if it is quantized. */
export function reasonForFloat(layer: FoundLayer, settings: LayerSettings): string | null {
  return unwanted(layer, settings) ?? (layer.supported ? null : layer.reason);
}

function unwanted(layer: FoundLayer, { ops, include, exclude }: LayerSettings): string | null {
  if (!ops.includes(layer.op)) return `layers.ops has no ${layer.op}`;
  if (!include.some((glob) => globToRegExp(glob).test(layer.name))) return 'layers.include does not match it';
  return exclude.some((glob) => globToRegExp(glob).test(layer.name)) ? 'layers.exclude matches it' : null;
}

function nothingSelected(layers: readonly FoundLayer[], settings: LayerSettings): string {
  const ops = settings.ops.join(', ');
  const counts = new Map<string, number>();
  for (const layer of layers) if (layer.supported) counts.set(layer.op, (counts.get(layer.op) ?? 0) + 1);
  const has = [...counts].map(([op, n]) => `${n} ${op}`).join(', ');
  const reasons = layers.flatMap((l) => (l.supported ? [] : [`${l.op} "${l.name}": ${l.reason}`]));
  const notes = reasons.length === 0 ? '' : ` Not supported: ${reasons.slice(0, 5).join('; ')}.`;
  return `Expected at least one layer to quantize (layers.ops: ${ops}, include: ${settings.include.join(', ')}), got none; the model has ${has === '' ? 'no layer that can be quantized' : has}.${notes}`;
}

/** `*` matches any run of characters, `?` one; all else is literal. */
function globToRegExp(glob: string): RegExp {
  const source = glob
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's');
}
