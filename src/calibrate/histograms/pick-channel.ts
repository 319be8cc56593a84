import { mostBins } from './channel-histogram.js';
import type { ChannelInputs } from './display-histogram.js';
import { CountReader, CountWriter } from './packed-counts.js';

/** The inputs of a layer as if it had this one of its channels alone. */
export function pickChannel({ histograms, min, max }: ChannelInputs, channel: number): ChannelInputs {
  const pick = (bytes: Uint8Array): Uint8Array => {
    const reader = new CountReader(bytes);
    const counts = new Float64Array(mostBins(min.length));
    for (let c = 0; c <= channel; c++) {
      counts.fill(0);
      reader.addTo(counts);
    }
    const writer = new CountWriter();
    writer.write(counts, 0, counts.length);
    return writer.finish();
  };
  const { binWidth, positive, negative } = histograms;
  return {
    histograms: {
      binWidth: binWidth.slice(channel, channel + 1),
      positive: pick(positive),
      // Other channels' negative values make no range of this one signed.
      negative: negative === null || min[channel]! >= 0 ? null : pick(negative),
    },
    min: min.slice(channel, channel + 1),
    max: max.slice(channel, channel + 1),
  };
}
