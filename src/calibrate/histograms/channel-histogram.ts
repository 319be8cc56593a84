import type { ChannelHistograms } from '../../records/channel-histograms.js';
import { CHANNEL_BINS } from './bin-width.js';
import { calibrationDetail } from './histogram-detail.js';
import { joinLargest, ValueWriter } from './packed-values.js';
import { CountReader, CountWriter } from './packed-counts.js';

/** Most bins that histograms of so many channels have on a side. */
export function mostBins(channels: number): number {
  return CHANNEL_BINS << calibrationDetail(channels).finer;
}

/**
 * Histograms of two disjoint sets of samples -> those of their union, exactly. Associative and
 * commutative.
 */
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
