import { alphaFactors } from './alpha-factors.js';
import type { SmoothingMode } from './smoothing-mode.js';

/** Static with `alpha: auto`: of the candidates the one whose output is nearest to FP32's. */
export const staticByDivergence: SmoothingMode = {
  description: "one alpha for all layers, the candidate whose output is closest to FP32's",
  alphas: 'searchedOnce',
  readsAbsmax: true,
  apply: 'asSet',
  factors: alphaFactors,
  label: () => 'static alpha=auto',
  appearance: {
    name: 'static by divergence',
    phrase: 'static alpha, by divergence',
    column: 'auto',
    mark: 'square',
  },
};
