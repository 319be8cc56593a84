import type { WeightCalibrator } from './weight-calibrator.js';

/** Steps of 1/20 from the whole range down to a fifth of it. */
const SHARES = Array.from({ length: 17 }, (_, index) => (20 - index) / 20);

/** Of the smallest error in the layer's output, by second moments of its inputs. */
export const hessianWeightCalibrator = {
  description: "the range with the smallest squared error in the layer's output, by second moments of its inputs",
  reads: 'moments',
  shares: SHARES,
} satisfies WeightCalibrator;
