import { mostBins } from './channel-histogram.js';
import { magnitudeOf } from './largest-values.js';
import { CountReader } from './packed-counts.js';
import { ValueReader } from './packed-values.js';

/**
 * A bin of a channel that holds values: `count` of them with `from <= |x| < to`; the largest one
 * may be `to` itself. Of a value that is known as it is, `from` and `to` are both |x|.
 */
export type ChannelBinVisitor = (channel: number, from: number, to: number, count: number) => void;

/**
 * Calls `visit` for each bin of one side of the channels' histograms that is not empty, channel
 * after channel.
 *
 * @param bytes counts of one side, see `ChannelHistograms`
 * @param binWidth of each channel `[C]`
 * @param edges largest |x| of each channel on this side `[C]`. The last bin ends there, so that
 *   many equal values (a ReLU6's 6) stay where they are.
 * @param largest the largest values of the same side as they are, in no bin then; null where they
 *   are not known
 * @throws RangeError where the bytes end too early
 */
export function visitChannelBins(
  bytes: Uint8Array,
  binWidth: Float64Array,
  edges: Float64Array,
  visit: ChannelBinVisitor,
  largest: Uint8Array | null = null,
): void {
  const reader = new CountReader(bytes);
  const values = largest === null ? null : new ValueReader(largest);
  const own = new Float64Array(mostBins(binWidth.length));
  for (const [c, width] of binWidth.entries()) {
    own.fill(0);
    // Bytes that are damaged may claim any number of bins.
    const bins = Math.min(reader.addTo(own), own.length);
    const known = values?.next();
    for (const [i, bits] of known?.magnitudes.entries() ?? []) {
      const magnitude = magnitudeOf(bits);
      own[Math.floor(magnitude / width)]! -= known!.counts[i]!;
      visit(c, magnitude, magnitude, known!.counts[i]!);
    }
    // What is not known as it is lies below.
    const edge = known === undefined || known.magnitudes.length === 0 ? edges[c]! : magnitudeOf(known.magnitudes[0]!);
    for (let bin = 0; bin < bins; bin++) {
      if (own[bin] === 0) continue;
      const end = Math.max(bin * width, Math.min((bin + 1) * width, edge));
      visit(c, bin * width, end, own[bin]!);
    }
  }
}
