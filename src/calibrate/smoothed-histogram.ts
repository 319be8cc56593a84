import type { InputStatistics } from '../evaluate/results.js';
import { visitChannelBins } from './channel-bins.js';
import { sideTotal, type ChannelHistograms } from './channel-histogram.js';

/** Bins of the histogram that calibrators read, as in pytorch-quantization. */
export const CALIBRATION_BINS = 2048;

/** Which values are counted by their distance from zero; the others are left out. */
export type Side = 'both' | 'positive' | 'negative';

/** Counts over `[0, high]` in {@link CALIBRATION_BINS} equal bins. */
export interface CalibrationHistogram {
  /** Whole numbers but for bins that had to be split. */
  readonly counts: Float64Array;
  /** Upper edge of the last bin: the exact largest value. */
  readonly high: number;
}

/**
 * The histogram of the smoothed input x/s, derived from those of the channels of x without another look at the data:
 * each channel's bins are scaled by 1/s[c] and poured into common bins, a bin that crosses an edge in proportion. With
 * `both` a channel's bin is never wider than a common one, since the widest channel has more than 2048 bins within its
 * absmax; a value is therefore off by less than one bin.
 *
 * @param s `[C]`
 */
export function smoothedHistogram(inputs: InputStatistics, s: Float32Array, side: Side): CalibrationHistogram {
  const histograms = histogramsOf(inputs);
  const positive = inputs.max.map((max) => Math.max(0, max));
  const negative = inputs.min.map((min) => Math.max(0, -min));
  const edges = { both: inputs.absmax, positive, negative }[side];
  const high = edges.reduce((largest, edge, c) => Math.max(largest, edge / s[c]!), 0);
  const counts = new Float64Array(CALIBRATION_BINS);
  const perUnit = Float64Array.from(s, (factor) => (high === 0 ? 0 : CALIBRATION_BINS / (high * factor)));
  const pour = (bytes: Uint8Array, sideEdges: Float64Array): void => {
    visitChannelBins(bytes, histograms.binWidth, sideEdges, (c, from, to, count) => {
      pourBin(counts, from * perUnit[c]!, to * perUnit[c]!, count);
    });
  };
  if (side !== 'negative') pour(histograms.positive, positive);
  if (side !== 'positive' && histograms.negative !== null) pour(histograms.negative, negative);
  return { counts, high };
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

/** Adds `count` values spread evenly over `[from, to]`, in units of bins. */
function pourBin(counts: Float64Array, from: number, to: number, count: number): void {
  const last = counts.length - 1;
  const first = Math.min(last, Math.floor(from));
  if (to <= first + 1 || first === last) {
    counts[first]! += count;
    return;
  }
  const density = count / (to - from);
  counts[first]! += density * (first + 1 - from);
  for (let bin = first + 1; bin <= last && bin < to; bin++) counts[bin]! += density * (Math.min(to, bin + 1) - bin);
}
