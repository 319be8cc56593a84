import type { LayerSettings } from '../experiment/sections/settings.js';
import type { FoundLayer, Layer } from '../onnx/layers/layers.js';
import { compileGlob } from './glob.js';
import { LayerSettingError } from './layer-setting-error.js';
import { rulesOfLayers } from './layer-rules.js';

/** The layers whose inputs have second moments gathered: of these operators, where supported. */
export function momentsLayers(layers: readonly FoundLayer[], ops: LayerSettings['ops']): readonly Layer[] {
  return layers.filter((layer) => layer.supported).filter(({ op }) => ops.includes(op));
}

/**
 * The layers that a trial quantizes: of the wanted operators, matched by a glob of `include` and by
 * none of `exclude`. Layers that can't be quantized stay float unless `include` names one of them
 * without a wildcard; so do those whose rule says so.
 *
 * @param keptFloat layers that stay float by their rank
 * @throws ModelError when no layer is left, a named layer can't be quantized, or a rule matches
 *   none
 */
export function selectLayers(
  layers: readonly FoundLayer[],
  settings: LayerSettings,
  keptFloat: readonly string[] = [],
): readonly Layer[] {
  const wanted = wantedLayers(layers, settings);
  const rules = rulesOfLayers(wanted, settings.rules);
  const selected = wanted.filter(
    ({ name }) => rules.get(name)?.precision !== 'float' && !keptFloat.includes(name) && isInFocus(name, settings),
  );
  if (selected.length === 0) {
    throw new LayerSettingError(
      'rules',
      'Expected at least one layer to quantize, got none: layers.rules, layers.keepFloat or layers.sensitivity keep all in float.',
    );
  }
  return selected;
}

/** A sensitivity trial's focus is the name of one layer, not a glob any more. */
export function isInFocus(name: string, { sensitivity, focus }: Pick<LayerSettings, 'sensitivity' | 'focus'>): boolean {
  switch (sensitivity) {
    case 'none':
      return true;
    case 'only':
      return name === focus;
    case 'allBut':
      return name !== focus;
  }
}

/** Bits of a layer that differ from the sweep's own; null: as there. */
export interface LayerBits {
  readonly activation: number | null;
  readonly weight: number | null;
}

/**
 * Bits by layer name, of the layers that a rule is for. @throws ModelError as {@link selectLayers}
 */
export function bitsOfLayers(layers: readonly FoundLayer[], settings: LayerSettings): ReadonlyMap<string, LayerBits> {
  const rules = rulesOfLayers(wantedLayers(layers, settings), settings.rules);
  return new Map(
    [...rules].map(([name, { activationBits, weightBits }]) => [
      name,
      { activation: activationBits, weight: weightBits },
    ]),
  );
}

/**
 * Layers by operator and globs, before rules: what `first` and `last` of a rule are the ends of.
 */
function wantedLayers(layers: readonly FoundLayer[], settings: LayerSettings): readonly Layer[] {
  for (const layer of layers) {
    if (!layer.supported && settings.include.includes(layer.name) && unwanted(layer, settings) === null) {
      throw new LayerSettingError(
        'include',
        `Layer "${layer.name}" can't be quantized: ${layer.reason}. Take it out of layers.include.`,
      );
    }
  }
  const wanted = layers.filter((l) => l.supported).filter((l) => unwanted(l, settings) === null);
  if (wanted.length === 0) throw new LayerSettingError('ops', nothingSelected(layers, settings));
  return wanted;
}

/** Layers that stay float whatever their rank, each with the reason. */
export function floatLayers(
  layers: readonly FoundLayer[],
  settings: LayerSettings,
): readonly { readonly layer: FoundLayer; readonly reason: string }[] {
  const rules = rulesOfLayers(wantedLayers(layers, settings), settings.rules);
  return layers.flatMap((layer) => {
    const ruled = rules.get(layer.name)?.precision === 'float' ? 'layers.rules keep it in float' : null;
    const reason = unwanted(layer, settings) ?? (layer.supported ? ruled : layer.reason);
    return reason === null ? [] : [{ layer, reason }];
  });
}

function unwanted(layer: FoundLayer, { ops, include, exclude }: LayerSettings): string | null {
  if (!ops.includes(layer.op)) return `layers.ops has no ${layer.op}`;
  if (!include.some((glob) => compileGlob(glob).test(layer.name))) return 'layers.include does not match it';
  return exclude.some((glob) => compileGlob(glob).test(layer.name)) ? 'layers.exclude matches it' : null;
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
