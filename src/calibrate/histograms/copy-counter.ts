import { CHANNEL_BINS } from './bin-width.js';
import { ChannelCounter } from './channel-counter.js';
import { joinHistograms } from './channel-histogram.js';
import { type ChannelHistograms } from '../../records/channel-histograms.js';
import { BINS_ALONE, type HistogramDetail } from './histogram-detail.js';
import { CountReader, CountWriter } from './packed-counts.js';
import { ValueReader, ValueWriter } from './packed-values.js';

/**
 * Counts the values of one tensor into histograms, where a run may hold each of its samples several
 * times, wherever in the tensor they lie: runs are counted by their number of copies, and divided
 * by it in the end.
 */
export class CopyCounter {
  readonly #min: Float64Array;
  readonly #max: Float64Array;
  readonly #isOfSamples: boolean;
  readonly #detail: HistogramDetail;
  readonly #counters = new Map<number, ChannelCounter>();

  /**
   * @param min smallest value of each channel so far `[C]`, which the caller updates before it adds
   *   values
   * @param max largest
   * @param isOfSamples false: every run has the same values, which are counted once
   * @param detail what is kept besides the 4096 bins
   */
  constructor(min: Float64Array, max: Float64Array, isOfSamples: boolean, detail = BINS_ALONE) {
    this.#min = min;
    this.#max = max;
    this.#isOfSamples = isOfSamples;
    this.#detail = detail;
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
      counter = this.#counter();
      this.#counters.set(own, counter);
    }
    counter.add(values, inner);
  }

  /** The histograms so far, packed; later batches do not change them. */
  snapshot(): ChannelHistograms {
    const bins = CHANNEL_BINS << this.#detail.finer;
    const parts = [...this.#counters].map(([copies, counter]) => dividedBy(counter.snapshot(), copies, bins));
    return parts.length === 0 ? this.#counter().snapshot() : parts.reduce(joinHistograms);
  }

  #counter(): ChannelCounter {
    return new ChannelCounter(this.#min, this.#max, this.#detail);
  }
}

function dividedBy(histograms: ChannelHistograms, copies: number, bins: number): ChannelHistograms {
  if (copies === 1) return histograms;
  const { binWidth, positive, negative, largest } = histograms;
  const channels = binWidth.length;
  const counted = { positive: dividedBins(positive, channels, copies, bins) };
  const below = negative === null ? null : dividedBins(negative, channels, copies, bins);
  if (largest === undefined) return { binWidth, ...counted, negative: below };
  const kept = {
    positive: dividedValues(largest.positive, channels, copies),
    negative: largest.negative === null ? null : dividedValues(largest.negative, channels, copies),
  };
  return { binWidth, ...counted, negative: below, largest: kept };
}

function dividedBins(bytes: Uint8Array, channels: number, copies: number, bins: number): Uint8Array {
  const reader = new CountReader(bytes);
  const writer = new CountWriter(bytes.length);
  const counts = new Float64Array(bins);
  for (let c = 0; c < channels; c++) {
    counts.fill(0);
    reader.addTo(counts);
    writer.write(divideFromAbove(counts, copies), 0, bins);
  }
  return writer.finish();
}

function dividedValues(bytes: Uint8Array, channels: number, copies: number): Uint8Array {
  const reader = new ValueReader(bytes);
  const writer = new ValueWriter();
  for (let c = 0; c < channels; c++) {
    const { magnitudes, counts } = reader.next();
    const divided = divideFromAbove(counts, copies);
    const isThere = (_: unknown, i: number): boolean => divided[i]! > 0;
    writer.write(magnitudes.filter(isThere), divided.filter(isThere));
  }
  return writer.finish();
}

/**
 * Copies are equal to the bit wherever kernels treat rows alike: then this is a division. Else one
 * copy may lie on the other side of an edge: whole counts are handed out from the largest value
 * down, so that bins and the values that are kept of them stay of one mind.
 */
function divideFromAbove(counts: Float64Array, copies: number): Float64Array {
  const divided = new Float64Array(counts.length);
  let above = 0;
  for (let i = counts.length - 1; i >= 0; i--) {
    const below = above + counts[i]!;
    divided[i] = Math.floor(below / copies) - Math.floor(above / copies);
    above = below;
  }
  return divided;
}
