import type { LayerRule } from '../experiment/sections/settings.js';
import { didYouMean } from '../text/nearest-name.js';
import type { Layer } from '../onnx/layers/layers.js';
import { compileGlob } from './glob.js';
import { LayerSettingError } from './layer-setting-error.js';

/**
 * The rule that holds for each layer: of those that match it the last one, as a whole.
 *
 * @param selected the layers that rules may match, in graph order: `first` and `last` are the ends
 *   of this list
 * @returns layer name -> rule; layers without one are missing
 * @throws ModelError for a rule that matches no layer
 */
export function rulesOfLayers(selected: readonly Layer[], rules: readonly LayerRule[]): ReadonlyMap<string, LayerRule> {
  const byLayer = new Map<string, LayerRule>();
  const names = selected.map((layer) => layer.name);
  for (const rule of rules) {
    const matched = matchedNames(names, rule.match);
    if (matched.length === 0) {
      throw new LayerSettingError(
        'rules',
        `Expected layers.rules to match layers that are quantized, got match "${rule.match}", which matches none${didYouMean(rule.match, names) || '.'}`,
      );
    }
    for (const name of matched) byLayer.set(name, rule);
  }
  return byLayer;
}

function matchedNames(names: readonly string[], match: string): readonly string[] {
  if (match === 'first') return names.slice(0, 1);
  if (match === 'last') return names.slice(-1);
  const pattern = compileGlob(match);
  return names.filter((name) => pattern.test(name));
}
