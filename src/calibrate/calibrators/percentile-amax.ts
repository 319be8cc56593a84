import { CALIBRATION_BINS, type CalibrationHistogram } from '../histograms/smoothed-histogram.js';

/**
 * The edge below which the given share of all values lies, as pytorch-quantization takes it: the lower edge of the first
 * bin at which the cumulated count reaches `share * total`. Two things are other than there: a share of 1 gives the largest
 * value itself, and where the first bin alone holds enough its upper edge is taken, not 0.
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
