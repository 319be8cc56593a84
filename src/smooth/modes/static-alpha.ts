import { alphaFactors } from './alpha-factors.js';
import type { SmoothingMode } from './smoothing-mode.js';

/** SmoothQuant with one alpha, which the settings give. */
export const staticAlpha: SmoothingMode = {
  description: 'one alpha for all layers',
  alphas: 'fixed',
  readsAbsmax: true,
  apply: 'asSet',
  factors: alphaFactors,
  label: (alpha) => `static alpha=${alpha ?? ''}`,
  appearance: { name: 'static', phrase: 'static alpha', column: 'static', mark: 'circle' },
};
