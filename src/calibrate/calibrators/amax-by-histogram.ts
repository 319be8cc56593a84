import { negativeCount, smoothedHistogram, type CalibrationHistogram } from '../histograms/smoothed-histogram.js';
import type { Calibrator } from './calibrator.js';

/** What a calibrator that reads a histogram knows of the quantizer. */
interface HistogramTarget {
  /** On the positive side, zero included: `2^(bits - 1)` signed, `2^bits` unsigned. */
  readonly levels: number;
  readonly percentile: number;
}

/** An amax that follows from the histogram of the smoothed input, which is not all zeros. */
export function amaxByHistogram(
  amaxOf: (histogram: CalibrationHistogram, target: HistogramTarget) => number,
): Calibrator['amax'] {
  return (inputs, s, { bits, signed, percentile }) => {
    const histogram = smoothedHistogram(inputs, s, signed ? 'both' : 'positive');
    // A quantizer of unsigned numbers makes zeros of those below zero.
    if (!signed) histogram.counts[0]! += negativeCount(inputs);
    if (!(histogram.high > 0)) return histogram.high;
    return amaxOf(histogram, { levels: 2 ** (signed ? bits - 1 : bits), percentile });
  };
}
