import { visitChannelBins } from './channel-bins.js';
import type { ChannelHistograms } from '../../records/channel-histograms.js';
import { pourWhole } from './pour-whole.js';

/** Bins of a histogram for people to look at. */
export const DISPLAY_BINS = 128;

/** Values in `[low, high)`; the last bin holds the largest value too. */
export interface DisplayBin {
  readonly low: number;
  readonly high: number;
  /** A whole number. */
  readonly count: number;
}

/** A layer's input by channel. */
export interface ChannelInputs {
  readonly histograms: ChannelHistograms;
  /**
   * Smallest and largest value of each channel `[C]`: they set the range, also where the histograms
   * are of fewer samples.
   */
  readonly min: Float64Array;
  readonly max: Float64Array;
}

/**
 * The histogram of a layer's input over all channels: of x, or with `s` of the smoothed x/s.
 * {@link DISPLAY_BINS} equal bins over [-amax, amax], or [0, amax] where no value is negative, amax
 * being the largest |x/s|; one bin of width 0 where all values are 0.
 *
 * A channel's own bin that crosses an edge is shared out by its parts on both sides, in whole
 * counts: the counts up to an edge are rounded. So the total is exact, and a value is off by one
 * bin at most, which happens only to those within one own bin of an edge. An own bin is no wider
 * than a sixteenth of a bin here (a half for histograms of `coarseHistograms`).
 *
 * @param s `[C]`, above 0; null: without smoothing
 * @throws RangeError where the counts end too early
 */
export function displayHistogram(
  { histograms, min, max }: ChannelInputs,
  s: Float64Array | null,
): readonly DisplayBin[] {
  const factors = s ?? new Float64Array(min.length).fill(1);
  const positive = max.map((value) => Math.max(0, value));
  const negative = min.map((value) => Math.max(0, -value));
  const high = factors.reduce((most, factor, c) => Math.max(most, positive[c]! / factor, negative[c]! / factor), 0);
  const isSigned = histograms.negative !== null || negative.some((value) => value > 0);
  const bins = high === 0 ? 1 : DISPLAY_BINS;
  const zero = isSigned ? bins / 2 : 0;
  const perUnit = factors.map((factor) => (high === 0 ? 0 : (bins - zero) / (high * factor)));
  const counts = new Float64Array(bins);
  visitChannelBins(histograms.positive, histograms.binWidth, positive, (c, from, to, count) => {
    pourWhole(counts, zero + from * perUnit[c]!, zero + to * perUnit[c]!, count);
  });
  if (histograms.negative !== null) {
    visitChannelBins(histograms.negative, histograms.binWidth, negative, (c, from, to, count) => {
      pourWhole(counts, zero - to * perUnit[c]!, zero - from * perUnit[c]!, count);
    });
  }
  const edge = (bin: number): number => (high * (bin - zero)) / (bins - zero);
  return Array.from(counts, (count, bin) => ({ low: edge(bin), high: edge(bin + 1), count }));
}
