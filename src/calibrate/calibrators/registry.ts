import type { Calibrator } from './calibrator.js';
import { entropyCalibrator } from './entropy-calibrator.js';
import { maxCalibrator } from './max-calibrator.js';
import { mseCalibrator } from './mse-calibrator.js';
import { percentileCalibrator } from './percentile-calibrator.js';

/** What `quantization.activation.calibrator` may be. */
export const calibrators = {
  max: maxCalibrator,
  percentile: percentileCalibrator,
  entropy: entropyCalibrator,
  mse: mseCalibrator,
} satisfies Record<string, Calibrator>;

export type CalibratorName = keyof typeof calibrators;

/** In the order of the documentation. */
export const calibratorNames = Object.keys(calibrators) as [CalibratorName, ...CalibratorName[]];
