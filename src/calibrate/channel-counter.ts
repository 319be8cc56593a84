import { binExponent, CHANNEL_BINS } from './bin-width.js';
import type { ChannelHistograms } from './channel-histogram.js';
import { CountWriter } from './packed-counts.js';

/** Most that a 32-bit count holds. */
const COUNT_LIMIT = 2 ** 32 - 1;

/**
 * Counts the values of one tensor into a histogram per channel as batches come; memory does not grow with them. The hot
 * loop counts in 32 bits, half the memory of 64; before a count could overflow all are carried over to float64.
 */
export class ChannelCounter {
  readonly #channels: number;
  /** Exponent of each channel's bin width. */
  readonly #exponents: Int32Array;
  /** 2 as soon as a value is negative: each channel's bins of values >= 0, then those of values < 0. */
  #sides: 1 | 2 = 1;
  #counts: Uint32Array;
  #carried: Float64Array | null = null;
  /** Values of each channel counted in 32 bits since they were last carried over. */
  #uncarried = 0;

  /** @param countLimit for tests; what a 32-bit count holds otherwise */
  constructor(channels: number, private readonly countLimit = COUNT_LIMIT) {
    this.#channels = channels;
    this.#exponents = new Int32Array(channels).fill(binExponent(0));
    this.#counts = new Uint32Array(channels * CHANNEL_BINS);
  }

  /**
   * @param values row-major `[outer, C, inner]`, all finite
   * @param inner positions that lie side by side in memory within a channel
   * @param min smallest value of each channel so far `[C]`, these values included
   * @param max largest
   */
  add(values: Float32Array, inner: number, min: Float64Array, max: Float64Array): void {
    const perChannel = values.length / this.#channels;
    if (this.#sides === 1 && min.some((m) => m < 0)) this.#addNegativeSide();
    if (this.#uncarried + perChannel > this.countLimit) this.#carry();
    this.#uncarried += perChannel;
    const bits = new Int32Array(values.buffer, values.byteOffset, values.length);
    for (let c = 0; c < this.#channels; c++) {
      this.#grow(c, binExponent(Math.max(-min[c]!, max[c]!, 0)));
      const perWidth = 2 ** -this.#exponents[c]!;
      const first = c * this.#sides * CHANNEL_BINS;
      // Channel by channel over all samples: the bins of one channel stay in the processor's nearest cache.
      if (min[c]! < 0) countSigned(values, bits, this.#counts, first, perWidth, c * inner, inner, this.#channels * inner);
      else count(values, this.#counts, first, perWidth, c * inner, inner, this.#channels * inner);
    }
  }

  /** The histograms so far, packed; later batches do not change them. */
  snapshot(): ChannelHistograms {
    return {
      binWidth: Float64Array.from(this.#exponents, (e) => 2 ** e),
      positive: this.#pack(0),
      negative: this.#sides === 1 ? null : this.#pack(1),
    };
  }

  #pack(side: 0 | 1): Uint8Array {
    const writer = new CountWriter();
    const sum = new Float64Array(CHANNEL_BINS);
    for (let c = 0; c < this.#channels; c++) {
      const first = (c * this.#sides + side) * CHANNEL_BINS;
      if (this.#carried === null) {
        writer.write(this.#counts, first, CHANNEL_BINS);
        continue;
      }
      for (let bin = 0; bin < CHANNEL_BINS; bin++) sum[bin] = this.#carried[first + bin]! + this.#counts[first + bin]!;
      writer.write(sum, 0, CHANNEL_BINS);
    }
    return writer.finish();
  }

  #grow(channel: number, exponent: number): void {
    const shift = exponent - this.#exponents[channel]!;
    if (shift === 0) return;
    this.#exponents[channel] = exponent;
    for (let side = 0; side < this.#sides; side++) {
      const first = (channel * this.#sides + side) * CHANNEL_BINS;
      mergeBins(this.#counts.subarray(first, first + CHANNEL_BINS), shift);
      if (this.#carried !== null) mergeBins(this.#carried.subarray(first, first + CHANNEL_BINS), shift);
    }
  }

  #carry(): void {
    const carried = (this.#carried ??= new Float64Array(this.#counts.length));
    for (let i = 0; i < carried.length; i++) carried[i]! += this.#counts[i]!;
    this.#counts.fill(0);
    this.#uncarried = 0;
  }

  #addNegativeSide(): void {
    this.#sides = 2;
    const spread = <T extends Uint32Array | Float64Array>(from: T, to: T): T => {
      for (let c = 0; c < this.#channels; c++) {
        to.set(from.subarray(c * CHANNEL_BINS, (c + 1) * CHANNEL_BINS), c * 2 * CHANNEL_BINS);
      }
      return to;
    };
    this.#counts = spread(this.#counts, new Uint32Array(this.#counts.length * 2));
    if (this.#carried !== null) this.#carried = spread(this.#carried, new Float64Array(this.#carried.length * 2));
  }
}

/** Counts runs of `inner` values that start at `start`, `start + stride`, ...; none is below zero. */
function count(
  values: Float32Array,
  counts: Uint32Array,
  firstBin: number,
  perWidth: number,
  start: number,
  inner: number,
  stride: number,
): void {
  for (let run = start; run < values.length; run += stride) {
    const end = run + inner;
    for (let i = run; i < end; i++) counts[firstBin + ((values[i]! * perWidth) | 0)]!++;
  }
}

/** As {@link count}; values below zero are counted CHANNEL_BINS further. No branch: signs can't be predicted. */
function countSigned(
  values: Float32Array,
  bits: Int32Array,
  counts: Uint32Array,
  firstBin: number,
  perWidth: number,
  start: number,
  inner: number,
  stride: number,
): void {
  for (let run = start; run < values.length; run += stride) {
    const end = run + inner;
    for (let i = run; i < end; i++) {
      const word = bits[i]!;
      // 1 for a negative number, 0 for -0, whose word is the one that negation leaves as it is.
      const isNegative = (word & ~((0 - word) | 0)) >>> 31;
      counts[firstBin + isNegative * CHANNEL_BINS + ((Math.abs(values[i]!) * perWidth) | 0)]!++;
    }
  }
}

/** Merges each `2^shift` neighbouring bins into one, in place. The operator `>>` takes shifts up to 31. */
function mergeBins(counts: Uint32Array | Float64Array, shift: number): void {
  for (let bin = 1; bin < counts.length; bin++) {
    const value = counts[bin]!;
    if (value === 0) continue;
    counts[bin] = 0;
    counts[bin >> Math.min(shift, 31)]! += value;
  }
}
