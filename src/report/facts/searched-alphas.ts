import type { TrialFacts } from './sweep-facts.js';

/**
 * Orders of a search in which a layer's alpha depends on how the others are quantized; alpha `auto`
 * always goes by them.
 */
const joint = new Set(['sequential', 'output']);

/**
 * What to know of the alphas of trials of one layer's sensitivity; empty where they are fixed, or
 * searched for each layer by itself, so that a search of the layer alone would find the same.
 *
 * @param order of the search, `search.order`; null without one
 */
export function searchedAlphasText(order: string | null): string {
  if (order === null || !joint.has(order)) return '';
  return 'Alphas were searched with every layer quantized, not again for the layers of these trials, so only the precision of one layer differs from the whole. With layers.include and exclude the same layers get their own alphas, and other numbers.';
}

/** The order of the search behind a trial's alphas; null without one. */
export function searchOrderOf({ settings }: Pick<TrialFacts, 'settings'>): string | null {
  const { search } = settings as { readonly search?: { readonly order?: string } | null };
  return search?.order ?? null;
}
