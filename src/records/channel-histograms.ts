/**
 * Histograms of |x| of each channel of a layer's input, values below zero apart from the others.
 * Bin j of channel c counts the values with `j * binWidth[c] <= |x| < (j + 1) * binWidth[c]`,
 * exactly: there are at most as many bins as {@link mostBins}, counts go to 2^53. Plain data, small
 * enough to be sent between processes and stored.
 */
export interface ChannelHistograms {
  /**
   * A power of two `[C]`: the smallest with which the channel's absmax is below 4096 bins, cut by
   * `calibrationDetail`.
   */
  readonly binWidth: Float64Array;
  /** Counts of the values >= 0, channel after channel, see `packed-counts.ts`. */
  readonly positive: Uint8Array;
  /** Counts of the values < 0; null where there are none, as behind a ReLU. */
  readonly negative: Uint8Array | null;
  /**
   * The largest distinct values of each channel above and below zero, as they are
   * (`packed-values.ts`); they are counted in the bins too. Absent where none were kept: to look
   * at, and in histograms that earlier versions stored.
   */
  readonly largest?: { readonly positive: Uint8Array; readonly negative: Uint8Array | null };
}
