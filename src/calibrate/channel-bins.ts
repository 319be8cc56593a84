import { CHANNEL_BINS } from './bin-width.js';
import { CountReader } from './packed-counts.js';

/** A bin of a channel that holds values: `count` of them with `from <= |x| < to`; the largest one may be `to` itself. */
export type ChannelBinVisitor = (channel: number, from: number, to: number, count: number) => void;

/**
 * Calls `visit` for each bin of one side of the channels' histograms that is not empty, channel after channel.
 *
 * @param bytes counts of one side, see `ChannelHistograms`
 * @param binWidth of each channel `[C]`
 * @param edges largest |x| of each channel on this side `[C]`. The last bin ends there, so that many equal values (a
 * ReLU6's 6) stay where they are.
 * @throws RangeError where the bytes end too early
 */
export function visitChannelBins(
  bytes: Uint8Array,
  binWidth: Float64Array,
  edges: Float64Array,
  visit: ChannelBinVisitor,
): void {
  const reader = new CountReader(bytes);
  const own = new Float64Array(CHANNEL_BINS);
  for (const [c, width] of binWidth.entries()) {
    own.fill(0);
    // Bytes that are damaged may claim any number of bins.
    const bins = Math.min(reader.addTo(own), CHANNEL_BINS);
    for (let bin = 0; bin < bins; bin++) {
      if (own[bin] === 0) continue;
      const end = Math.max(bin * width, Math.min((bin + 1) * width, edges[c]!));
      visit(c, bin * width, end, own[bin]!);
    }
  }
}
