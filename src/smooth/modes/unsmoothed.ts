import type { SmoothingMode } from './smoothing-mode.js';

/** s = 1: the layers as they are. */
export const unsmoothed: SmoothingMode = {
  description: 's = 1',
  alphas: 'none',
  readsAbsmax: false,
  apply: 'none',
  factors: { of: 'layer', factors: () => null },
  label: () => 'unsmoothed',
  appearance: { name: 'unsmoothed', phrase: 'unsmoothed', column: 'none', mark: 'circle' },
};
