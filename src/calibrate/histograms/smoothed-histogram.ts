import type { InputStatistics } from '../../records/observation-record.js';
import { visitChannelBins, type ChannelBinVisitor } from './channel-bins.js';
import { sideTotal } from './channel-histogram.js';
import { type ChannelHistograms } from '../../records/channel-histograms.js';
import { pourWhole } from './pour-whole.js';

/** Bins of the histogram that calibrators read, as in pytorch-quantization. */
export const CALIBRATION_BINS = 2048;

/** Which values are counted by their distance from zero; the others are left out. */
export type Side = 'both' | 'positive' | 'negative';

/** Counts over `[0, high]` in {@link CALIBRATION_BINS} equal bins. */
export interface CalibrationHistogram {
  /** Whole numbers. */
  readonly counts: Float64Array;
  /** Upper edge of the last bin: the exact largest value. */
  readonly high: number;
}

/**
 * The histogram of the smoothed input x/s, derived from those of the channels of x without another
 * look at the data. The largest values of each channel are known as they are and are counted where
 * a histogram of x/s counts them: |x| / s over [0, high]. Each channel's bins of the others are
 * scaled by 1/s[c] and poured into common bins, one that crosses an edge in proportion, in whole
 * counts. With `both` a channel's bin is never wider than a common one, since the widest channel
 * has more than 2048 bins within its absmax; a value is therefore off by less than one bin.
 *
 * @param s `[C]`
 */
export function smoothedHistogram(inputs: InputStatistics, s: Float32Array, side: Side): CalibrationHistogram {
  const { binWidth, positive, negative, largest } = histogramsOf(inputs);
  const above = inputs.max.map((max) => Math.max(0, max));
  const below = inputs.min.map((min) => Math.max(0, -min));
  const edges = { both: inputs.absmax, positive: above, negative: below }[side];
  const high = edges.reduce((most, edge, c) => Math.max(most, edge / s[c]!), 0);
  const counts = new Float64Array(CALIBRATION_BINS);
  const perUnit = Float64Array.from(s, (factor) => (high === 0 ? 0 : CALIBRATION_BINS / (high * factor)));
  const pour: ChannelBinVisitor = (c, from, to, count) => {
    if (from === to && high > 0) counts[commonBin(from / s[c]!, high)]! += count;
    else pourWhole(counts, from * perUnit[c]!, to * perUnit[c]!, count);
  };
  if (side !== 'negative') visitChannelBins(positive, binWidth, above, pour, largest?.positive);
  if (side !== 'positive' && negative !== null) visitChannelBins(negative, binWidth, below, pour, largest?.negative);
  return { counts, high };
}

/** As numpy's histogram: the last bin holds its upper edge. */
function commonBin(magnitude: number, high: number): number {
  return Math.min(CALIBRATION_BINS - 1, Math.floor((magnitude / high) * CALIBRATION_BINS));
}

/** Number of values below zero. */
export function negativeCount(inputs: InputStatistics): number {
  const { binWidth, negative } = histogramsOf(inputs);
  return negative === null ? 0 : sideTotal(negative, binWidth.length);
}

function histogramsOf(inputs: InputStatistics): ChannelHistograms {
  if (inputs.histograms === null) {
    throw new Error(`Invariant: no histograms of the input of layer "${inputs.layer}" were gathered.`);
  }
  return inputs.histograms;
}
