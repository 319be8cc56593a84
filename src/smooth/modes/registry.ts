import { crossLayer } from './cross-layer.js';
import { dynamicAlpha } from './dynamic-alpha.js';
import type { AlphaOrigin, SmoothingMode } from './smoothing-mode.js';
import { staticAlpha } from './static-alpha.js';
import { staticByDivergence } from './static-by-divergence.js';
import { unsmoothed } from './unsmoothed.js';

/** Every way to smooth, by its name in settings, keys and the column `alpha_mode`. */
export const smoothingModes = {
  none: unsmoothed,
  static: staticAlpha,
  dynamic: dynamicAlpha,
  /** `static` with alpha `auto`, which is another method than a given alpha. */
  auto: staticByDivergence,
  cle: crossLayer,
} satisfies Record<string, SmoothingMode>;

/** How a trial smooths. */
export type AlphaMode = keyof typeof smoothingModes;

/** What `smoothing.mode` may be. */
export type SmoothingModeName = Exclude<AlphaMode, 'auto'>;

export const alphaModes = Object.keys(smoothingModes) as AlphaMode[];

/** In the order of the documentation. */
export const smoothingModeNames = alphaModes.filter((mode) => mode !== 'auto') as [
  SmoothingModeName,
  ...SmoothingModeName[],
];

/** Those whose alphas come about in one of these ways. */
export function modesWithAlphas(...origins: readonly AlphaOrigin[]): readonly AlphaMode[] {
  return alphaModes.filter((mode) => origins.includes(smoothingModes[mode].alphas));
}

/** Whether a search finds the alphas, so that `search` matters. */
export function searchesAlphas(mode: AlphaMode): boolean {
  const { alphas } = smoothingModes[mode];
  return alphas === 'searchedOnce' || alphas === 'searchedPerLayer';
}
