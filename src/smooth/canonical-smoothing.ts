import { smoothingModes, type AlphaMode } from './modes/registry.js';
import type { CanonicalSmoothing, SmoothingSettings } from './smoothing-settings.js';

/** How a trial with these settings smooths: `static` with alpha `auto` is a mode of its own. */
export function alphaModeOf({ mode, alpha }: Pick<SmoothingSettings, 'mode' | 'alpha'>): AlphaMode {
  return mode === 'static' && alpha === 'auto' ? 'auto' : mode;
}

/**
 * The settings with what can't matter in their mode set to null, so that equal work has equal keys.
 */
export function canonicalSmoothing(settings: SmoothingSettings): CanonicalSmoothing {
  const mode = alphaModeOf(settings);
  const { alphas, readsAbsmax, apply } = smoothingModes[mode];
  return {
    mode,
    alpha: alphas === 'fixed' ? givenAlpha(settings) : null,
    absmax: readsAbsmax ? settings.absmax : null,
    apply: { asSet: settings.apply, fold: 'fold' as const, none: null }[apply],
  };
}

function givenAlpha({ mode, alpha }: SmoothingSettings): number {
  if (alpha === 'auto') throw new RangeError(`Expected a number as smoothing.alpha of mode ${mode}, got "auto".`);
  return alpha;
}
