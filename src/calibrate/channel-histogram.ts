import { CHANNEL_BINS } from './bin-width.js';
import { CountReader, CountWriter } from './packed-counts.js';

/**
 * Histograms of |x| of each channel of a layer's input, values below zero apart from the others. Bin j of channel c
 * counts the values with `j * binWidth[c] <= |x| < (j + 1) * binWidth[c]`, exactly: there are fewer than 4096 bins, counts
 * go to 2^53. Plain data, small enough to be sent between processes and stored.
 */
export interface ChannelHistograms {
  /** A power of two `[C]`: the smallest with which the channel's absmax is below 4096 bins. */
  readonly binWidth: Float64Array;
  /** Counts of the values >= 0, channel after channel, see `packed-counts.ts`. */
  readonly positive: Uint8Array;
  /** Counts of the values < 0; null where there are none, as behind a ReLU. */
  readonly negative: Uint8Array | null;
}

/** Histograms of two disjoint sets of samples -> those of their union, exactly. Associative and commutative. */
export function joinHistograms(a: ChannelHistograms, b: ChannelHistograms): ChannelHistograms {
  const binWidth = a.binWidth.map((width, c) => Math.max(width, b.binWidth[c]!));
  const negative = a.negative === null && b.negative === null ? null : joinSide(a, b, binWidth, (h) => h.negative);
  return { binWidth, positive: joinSide(a, b, binWidth, (h) => h.positive), negative };
}

/** Values that were counted, of both signs. */
export function countedValues({ binWidth, positive, negative }: ChannelHistograms): number {
  return sideTotal(positive, binWidth.length) + (negative === null ? 0 : sideTotal(negative, binWidth.length));
}

/** Values that were counted on one side, of which `bytes` is. */
export function sideTotal(bytes: Uint8Array, channels: number): number {
  const reader = new CountReader(bytes);
  const counts = new Float64Array(CHANNEL_BINS);
  for (let c = 0; c < channels; c++) reader.addTo(counts);
  return counts.reduce((a, b) => a + b, 0);
}

function joinSide(
  a: ChannelHistograms,
  b: ChannelHistograms,
  binWidth: Float64Array,
  sideOf: (histograms: ChannelHistograms) => Uint8Array | null,
): Uint8Array {
  const sides = [a, b].flatMap((histograms) => {
    const side = sideOf(histograms);
    return side === null ? [] : [{ reader: new CountReader(side), own: histograms.binWidth }];
  });
  const writer = new CountWriter((sideOf(a)?.length ?? 0) + (sideOf(b)?.length ?? 0));
  const counts = new Float64Array(CHANNEL_BINS);
  for (const [c, width] of binWidth.entries()) {
    counts.fill(0);
    for (const { reader, own } of sides) reader.addTo(counts, Math.min(31, Math.log2(width / own[c]!)));
    writer.write(counts, 0, CHANNEL_BINS);
  }
  return writer.finish();
}
