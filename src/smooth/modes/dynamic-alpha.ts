import { alphaFactors } from './alpha-factors.js';
import type { SmoothingMode } from './smoothing-mode.js';

/** SmoothQuant with an alpha of each layer, which a search chooses. */
export const dynamicAlpha: SmoothingMode = {
  description: 'one alpha searched per layer',
  alphas: 'searchedPerLayer',
  readsAbsmax: true,
  apply: 'asSet',
  factors: alphaFactors,
  label: () => 'dynamic',
  appearance: { name: 'dynamic', phrase: 'dynamic alpha', column: 'dyn', mark: 'diamond' },
};
