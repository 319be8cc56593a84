import { searchesAlphas } from '../smooth/modes/registry.js';
import type { CanonicalSmoothing } from '../smooth/smoothing-settings.js';
import type { AlphaOf } from './prepare-layers.js';

/** Alphas of a smoothing that searches none: the static one, or null for all layers. */
export function fixedAlphas({ mode, alpha }: CanonicalSmoothing): AlphaOf {
  if (searchesAlphas(mode)) throw new Error(`Invariant: alphas of mode ${mode} come from a search.`);
  return () => alpha;
}
