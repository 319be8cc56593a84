import type { Calibrator } from './calibrator.js';
import { maxAmax } from './max-calibrator.js';

/** Nine tenths of what the max calibrator takes. */
export const mostOfMaxCalibrator: Calibrator = {
  description: 'nine tenths of the largest magnitude',
  reads: 'extremes',
  parameters: [],
  amax: ({ absmax, max }, s, { signed }) => 0.9 * maxAmax(signed ? absmax : max, s),
  asymmetric: { obstacle: 'defined on symmetric ranges' },
};
