import { CHANNEL_BINS } from './bin-width.js';
import { ChannelCounter } from './channel-counter.js';
import { joinHistograms, type ChannelHistograms } from './channel-histogram.js';
import { CountReader, CountWriter } from './packed-counts.js';

/**
 * Counts the values of one tensor into histograms, where a run may hold each of its samples several times, wherever in
 * the tensor they lie: runs are counted by their number of copies, and divided by it in the end.
 */
export class CopyCounter {
  readonly #min: Float64Array;
  readonly #max: Float64Array;
  readonly #isOfSamples: boolean;
  readonly #counters = new Map<number, ChannelCounter>();

  /**
   * @param min smallest value of each channel so far `[C]`, which the caller updates before it adds values
   * @param max largest
   * @param isOfSamples false: every run has the same values, which are counted once
   */
  constructor(min: Float64Array, max: Float64Array, isOfSamples: boolean) {
    this.#min = min;
    this.#max = max;
    this.#isOfSamples = isOfSamples;
  }

  /**
   * @param values row-major `[outer, C, inner]`, all finite
   * @param inner positions that lie side by side in memory within a channel
   * @param copies of each sample in the run
   */
  add(values: Float32Array, inner: number, copies: number): void {
    if (!this.#isOfSamples && this.#counters.size > 0) return;
    const own = this.#isOfSamples ? copies : 1;
    let counter = this.#counters.get(own);
    if (counter === undefined) {
      counter = new ChannelCounter(this.#min, this.#max);
      this.#counters.set(own, counter);
    }
    counter.add(values, inner);
  }

  /** The histograms so far, packed; later batches do not change them. */
  snapshot(): ChannelHistograms {
    const parts = [...this.#counters].map(([copies, counter]) => dividedBy(counter.snapshot(), copies));
    return parts.length === 0 ? new ChannelCounter(this.#min, this.#max).snapshot() : parts.reduce(joinHistograms);
  }
}

function dividedBy({ binWidth, positive, negative }: ChannelHistograms, copies: number): ChannelHistograms {
  if (copies === 1) return { binWidth, positive, negative };
  const divided = (bytes: Uint8Array): Uint8Array => {
    const reader = new CountReader(bytes);
    const writer = new CountWriter(bytes.length);
    const counts = new Float64Array(CHANNEL_BINS);
    for (let c = 0; c < binWidth.length; c++) {
      counts.fill(0);
      reader.addTo(counts);
      // Copies are equal to the bit wherever kernels treat rows alike; else one may lie on the other side of an edge.
      writer.write(
        counts.map((count) => Math.round(count / copies)),
        0,
        CHANNEL_BINS,
      );
    }
    return writer.finish();
  };
  return { binWidth, positive: divided(positive), negative: negative === null ? null : divided(negative) };
}
