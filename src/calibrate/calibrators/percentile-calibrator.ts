import type { InputStatistics } from '../../records/observation-record.js';
import { CALIBRATION_BINS, smoothedHistogram, type CalibrationHistogram } from '../histograms/smoothed-histogram.js';
import { amaxByHistogram } from './amax-by-histogram.js';
import type { CalibratedRange, Calibrator, CalibratorParameters } from './calibrator.js';

/**
 * The range holds a share of all values; asymmetric, half of what it leaves out is on either side.
 */
export const percentileCalibrator: Calibrator = {
  description: 'the range holds `percentile` per cent of all values',
  reads: 'histograms',
  parameters: ['percentile'],
  amax: amaxByHistogram((histogram, { percentile }) =>
    percentileAmax(histogram, percentile / 100, 0, sum(histogram.counts)),
  ),
  asymmetric: { range: percentileRange },
};

function percentileRange(
  inputs: InputStatistics,
  s: Float32Array,
  { percentile }: CalibratorParameters,
): CalibratedRange {
  const share = (1 + percentile / 100) / 2;
  const negative = smoothedHistogram(inputs, s, 'negative');
  const positive = smoothedHistogram(inputs, s, 'positive');
  const below = sum(negative.counts);
  const above = sum(positive.counts);
  return {
    low: 0 - percentileAmax(negative, share, above, below + above),
    high: percentileAmax(positive, share, below, below + above),
  };
}

/**
 * The edge below which the given share of all values lies, as pytorch-quantization takes it: the
 * lower edge of the first bin at which the cumulated count reaches `share * total`. Two things are
 * other than there: a share of 1 gives the largest value itself, and where the first bin alone
 * holds enough its upper edge is taken, not 0.
 *
 * @param share 0 < share <= 1
 * @param below values that lie below the first bin
 * @param total values in all, those below included
 */
export function percentileAmax(
  { counts, high }: CalibrationHistogram,
  share: number,
  below: number,
  total: number,
): number {
  if (share === 1 || high === 0) return high;
  const wanted = share * total;
  if (below >= wanted) return 0;
  let reached = below;
  for (const [bin, count] of counts.entries()) {
    reached += count;
    if (reached >= wanted) return (Math.max(1, bin) * high) / CALIBRATION_BINS;
  }
  return high;
}

function sum(counts: Float64Array): number {
  return counts.reduce((a, b) => a + b, 0);
}
