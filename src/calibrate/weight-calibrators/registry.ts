import { hessianWeightCalibrator } from './hessian-weight-calibrator.js';
import { maxWeightCalibrator } from './max-weight-calibrator.js';
import { mseWeightCalibrator } from './mse-weight-calibrator.js';
import type { WeightCalibrator } from './weight-calibrator.js';

/** What `quantization.weight.calibrator` may be. */
export const weightCalibrators = {
  max: maxWeightCalibrator,
  mse: mseWeightCalibrator,
  hessian: hessianWeightCalibrator,
} satisfies Record<string, WeightCalibrator>;

export type WeightCalibratorName = keyof typeof weightCalibrators;

/** In the order of the documentation. */
export const weightCalibratorNames = Object.keys(weightCalibrators) as [
  WeightCalibratorName,
  ...WeightCalibratorName[],
];
