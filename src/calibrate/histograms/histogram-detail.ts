/** How much of a tensor's values is kept beside or below the 4096 bins of a channel. */
export interface HistogramDetail {
  /** Each bin is cut into `2^finer`. */
  readonly finer: number;
  /** Largest distinct magnitudes of each channel and sign that are kept as they are. */
  readonly largest: number;
}

/** Bins as they are drawn, and no value by itself. */
export const BINS_ALONE: HistogramDetail = { finer: 0, largest: 0 };

/** Channels whose bins are not cut; fewer have, altogether, no more bins than these. */
const UNCUT_CHANNELS = 64;
const MOST_FINER = 4;
/** Of a channel and sign: sorting them in takes time where there are few values. */
const MOST_LARGEST = 4096;
/** Of a tensor and sign. */
const LARGEST_OF_ALL_CHANNELS = 2 ** 16;

/**
 * The detail that calibrators need. The KL divergence hangs on which bins of the far tail are
 * empty, and is so flat that single counts decide: values there are kept exactly, others in bins
 * that are as fine as memory allows (1 MB a tensor and sign, or what 4096 bins take in a wide one).
 */
export function calibrationDetail(channels: number): HistogramDetail {
  let finer = 0;
  while (finer < MOST_FINER && channels * 2 ** (finer + 1) <= UNCUT_CHANNELS) finer++;
  const largest = Math.floor(LARGEST_OF_ALL_CHANNELS / channels);
  return { finer, largest: Math.min(MOST_LARGEST, Math.max(64, largest)) };
}
