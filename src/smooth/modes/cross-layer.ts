import { crossLayerFactors } from '../cross-layer-equalization.js';
import type { SmoothingMode } from './smoothing-mode.js';

/**
 * Cross-layer equalization (Nagel et al. 2019): the weights on either side of a tensor get one
 * range.
 */
export const crossLayer: SmoothingMode = {
  description: 'cross-layer equalization',
  alphas: 'none',
  readsAbsmax: false,
  apply: 'fold',
  factors: { of: 'region', factors: crossLayerFactors },
  label: () => 'cle',
  appearance: { name: 'cle', phrase: 'cross-layer equalization', column: 'cle', mark: 'triangle-up' },
};
