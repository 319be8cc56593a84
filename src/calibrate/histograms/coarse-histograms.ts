import { CHANNEL_BINS } from './bin-width.js';
import type { ChannelHistograms } from '../../records/channel-histograms.js';
import { CountReader, CountWriter } from './packed-counts.js';

/**
 * Eight neighbouring bins become one: at least 256 remain within a channel's absmax, twice as many
 * as are displayed.
 */
const SHIFT = 3;

/**
 * The same counts in bins eight times as wide, exactly: what is enough to look at, and smaller to
 * keep.
 *
 * @param finer the bins were cut into `2^finer`, see `HistogramDetail`; what they are parts of
 *   becomes eight times as wide
 */
export function coarseHistograms({ binWidth, positive, negative }: ChannelHistograms, finer = 0): ChannelHistograms {
  const shift = SHIFT + finer;
  const coarse = (bytes: Uint8Array): Uint8Array => {
    const reader = new CountReader(bytes);
    const writer = new CountWriter(bytes.length);
    const counts = new Float64Array(CHANNEL_BINS >> SHIFT);
    for (let c = 0; c < binWidth.length; c++) {
      counts.fill(0);
      reader.addTo(counts, shift);
      writer.write(counts, 0, counts.length);
    }
    return writer.finish();
  };
  return {
    binWidth: binWidth.map((width) => width * 2 ** shift),
    positive: coarse(positive),
    negative: negative === null ? null : coarse(negative),
  };
}
