import type { WeightCalibrator } from './weight-calibrator.js';

/** The range is the weight's own. */
export const maxWeightCalibrator: WeightCalibrator = {
  description: 'the range holds every number',
  reads: 'weights',
  shrink: null,
};
