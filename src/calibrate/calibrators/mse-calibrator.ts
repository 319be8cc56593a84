import { FLOAT64_ROUNDING } from '../../onnx/edits/graph-patch.js';
import { CALIBRATION_BINS, type CalibrationHistogram } from '../histograms/smoothed-histogram.js';
import { amaxByHistogram } from './amax-by-histogram.js';
import type { Calibrator } from './calibrator.js';

/** Of the smallest squared error. */
export const mseCalibrator: Calibrator = {
  description: 'the range with the smallest squared quantization error',
  reads: 'histograms',
  parameters: [],
  amax: amaxByHistogram((histogram, { levels }) => mseAmax(histogram, levels - 1)),
  asymmetric: { obstacle: 'defined on symmetric ranges' },
};

/** The first candidate, in bins; every later one is tried. */
const START_BIN = 128;

/**
 * The amax with the smallest mean squared error of quantization, as pytorch-quantization defines
 * it: values are taken at the centres of the bins, candidates are the centres of the bins 128, 129,
 * ..., 2047, and of equal errors the smaller amax wins.
 *
 *     sum_j n_j (min(round(x_j / scale), largest) * scale - x_j)^2,   scale = amax / largest
 *
 * @param largest integer of the quantizer: `2^(bits - 1) - 1` signed, `2^bits - 1` unsigned
 */
export function mseAmax({ counts, high }: CalibrationHistogram, largest: number): number {
  // In units of bins, which only scales all errors alike.
  const filled = [...counts.keys()].filter((j) => counts[j]! > 0);
  const centers = Float64Array.from(filled, (j) => j + 0.5);
  const weights = Float64Array.from(filled, (j) => counts[j]!);
  let smallest = Infinity;
  let best = START_BIN;
  for (let candidate = START_BIN; candidate < counts.length; candidate++) {
    const error = squaredError(centers, weights, candidate + 0.5, largest, smallest);
    if (error < smallest) [smallest, best] = [error, candidate];
  }
  return ((best + 0.5) * high) / CALIBRATION_BINS;
}

/** The error, or any larger number once it is above `limit`. */
function squaredError(
  centers: Float64Array,
  weights: Float64Array,
  amax: number,
  largest: number,
  limit: number,
): number {
  const scale = amax / largest;
  const perScale = largest / amax;
  let error = 0;
  // From the far end: what is cut off weighs most, and ends hopeless candidates early.
  for (let j = centers.length - 1; j >= 0 && error <= limit; j--) {
    const center = centers[j]!;
    const integer = Math.min(largest, center * perScale + FLOAT64_ROUNDING - FLOAT64_ROUNDING);
    const difference = integer * scale - center;
    error += weights[j]! * difference * difference;
  }
  return error;
}
