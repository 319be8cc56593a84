import { CHANNEL_BINS } from './bin-width.js';
import { calibrationDetail } from './histogram-detail.js';
import { joinLargest, ValueWriter } from './packed-values.js';
import { CountReader, CountWriter } from './packed-counts.js';

/**
 * Histograms of |x| of each channel of a layer's input, values below zero apart from the others. Bin j of channel c
 * counts the values with `j * binWidth[c] <= |x| < (j + 1) * binWidth[c]`, exactly: there are at most as many bins as
 * {@link mostBins}, counts go to 2^53. Plain data, small enough to be sent between processes and stored.
 */
export interface ChannelHistograms {
  /** A power of two `[C]`: the smallest with which the channel's absmax is below 4096 bins, cut by `calibrationDetail`. */
  readonly binWidth: Float64Array;
  /** Counts of the values >= 0, channel after channel, see `packed-counts.ts`. */
  readonly positive: Uint8Array;
  /** Counts of the values < 0; null where there are none, as behind a ReLU. */
  readonly negative: Uint8Array | null;
  /**
   * The largest distinct values of each channel above and below zero, as they are (`packed-values.ts`); they are counted in
   * the bins too. Absent where none were kept: to look at, and in histograms that earlier versions stored.
   */
  readonly largest?: { readonly positive: Uint8Array; readonly negative: Uint8Array | null };
}

/** Most bins that histograms of so many channels have on a side. */
export function mostBins(channels: number): number {
  return CHANNEL_BINS << calibrationDetail(channels).finer;
}

/** Histograms of two disjoint sets of samples -> those of their union, exactly. Associative and commutative. */
export function joinHistograms(a: ChannelHistograms, b: ChannelHistograms): ChannelHistograms {
  const binWidth = a.binWidth.map((width, c) => Math.max(width, b.binWidth[c]!));
  const negative = a.negative === null && b.negative === null ? null : joinSide(a, b, binWidth, (h) => h.negative);
  const joined = { binWidth, positive: joinSide(a, b, binWidth, (h) => h.positive), negative };
  if (a.largest === undefined || b.largest === undefined) return joined;
  return { ...joined, largest: joinTails(a.largest, b.largest, binWidth.length) };
}

function joinTails(
  a: NonNullable<ChannelHistograms['largest']>,
  b: NonNullable<ChannelHistograms['largest']>,
  channels: number,
): NonNullable<ChannelHistograms['largest']> {
  const { largest } = calibrationDetail(channels);
  const join = (x: Uint8Array, y: Uint8Array): Uint8Array => joinLargest(x, y, channels, largest);
  const negative =
    a.negative === null && b.negative === null
      ? null
      : join(a.negative ?? noValues(channels), b.negative ?? noValues(channels));
  return { positive: join(a.positive, b.positive), negative };
}

function noValues(channels: number): Uint8Array {
  const writer = new ValueWriter();
  for (let c = 0; c < channels; c++) writer.write(new Uint32Array(0), new Float64Array(0));
  return writer.finish();
}

/** Values that were counted, of both signs. */
export function countedValues({ binWidth, positive, negative }: ChannelHistograms): number {
  return sideTotal(positive, binWidth.length) + (negative === null ? 0 : sideTotal(negative, binWidth.length));
}

/** Values that were counted on one side, of which `bytes` is. */
export function sideTotal(bytes: Uint8Array, channels: number): number {
  const reader = new CountReader(bytes);
  const counts = new Float64Array(mostBins(channels));
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
  const counts = new Float64Array(mostBins(binWidth.length));
  for (const [c, width] of binWidth.entries()) {
    counts.fill(0);
    for (const { reader, own } of sides) reader.addTo(counts, Math.min(31, Math.log2(width / own[c]!)));
    writer.write(counts, 0, counts.length);
  }
  return writer.finish();
}
