import { binExponent, CHANNEL_BINS } from './bin-width.js';
import type { ChannelHistograms } from '../../records/channel-histograms.js';
import { BINS_ALONE, type HistogramDetail } from './histogram-detail.js';
import { LargestValues, type ValueRuns } from './largest-values.js';
import { CountWriter } from './packed-counts.js';

/** Most that a 32-bit count holds. */
const COUNT_LIMIT = 2 ** 32 - 1;

/**
 * Values of a channel that are counted at once. A channel's bins fill the processor's nearest
 * cache, and a network has thousands of channels: counting the few values of one batch would wait
 * for memory at nearly every value.
 */
const WAITING = 2048;

/**
 * Counts the values of one tensor into a histogram per channel as batches come; memory does not
 * grow with them. The hot loop counts in 32 bits, half the memory of 64; before a count could
 * overflow all are carried over to float64.
 */
export class ChannelCounter {
  readonly #channels: number;
  readonly #min: Float64Array;
  readonly #max: Float64Array;
  readonly #countLimit: number;
  readonly #detail: HistogramDetail;
  /** Of a channel and side. */
  readonly #bins: number;
  /** The largest values >= 0, and < 0 as soon as there are any; null where none are kept. */
  readonly #largest: [LargestValues | null, LargestValues | null];
  /** Exponent of each channel's bin width. */
  readonly #exponents: Int32Array;
  /**
   * 2 as soon as a value is negative: each channel's bins of values >= 0, then those of values < 0.
   */
  #sides: 1 | 2 = 1;
  #counts: Uint32Array;
  #carried: Float64Array | null = null;
  /** Values of each channel counted in 32 bits since they were last carried over. */
  #uncarried = 0;
  /** Values that wait to be counted `[C, WAITING]`. */
  #waiting: Float32Array | null = null;
  #waitingPerChannel = 0;

  /**
   * @param min smallest value of each channel so far `[C]`, which the caller updates before it adds
   *   values
   * @param max largest
   * @param detail what is kept besides the 4096 bins
   * @param countLimit for tests; what a 32-bit count holds otherwise
   */
  constructor(min: Float64Array, max: Float64Array, detail = BINS_ALONE, countLimit = COUNT_LIMIT) {
    this.#channels = min.length;
    this.#min = min;
    this.#max = max;
    this.#countLimit = countLimit;
    this.#detail = detail;
    this.#bins = CHANNEL_BINS << detail.finer;
    this.#largest = [detail.largest > 0 ? new LargestValues(min.length, detail.largest) : null, null];
    this.#exponents = new Int32Array(min.length).fill(this.#exponentOf(0));
    this.#counts = new Uint32Array(min.length * this.#bins);
  }

  #exponentOf(absmax: number): number {
    return binExponent(absmax) - this.#detail.finer;
  }

  /**
   * @param values row-major `[outer, C, inner]`, all finite
   * @param inner positions that lie side by side in memory within a channel
   */
  add(values: Float32Array, inner: number): void {
    const perChannel = values.length / this.#channels;
    if (perChannel >= WAITING) {
      const stride = this.#channels * inner;
      this.#count(values, perChannel, (c) => ({ start: c * inner, end: values.length, inner, stride }));
      return;
    }
    if (this.#waitingPerChannel + perChannel > WAITING) this.#countWaiting();
    const waiting = (this.#waiting ??= new Float32Array(this.#channels * WAITING));
    copyByChannel(values, waiting, this.#channels, inner, this.#waitingPerChannel);
    this.#waitingPerChannel += perChannel;
  }

  #countWaiting(): void {
    const inner = this.#waitingPerChannel;
    if (this.#waiting === null || inner === 0) return;
    const runOf = (c: number): ValueRuns => ({ start: c * WAITING, end: c * WAITING + inner, inner, stride: inner });
    this.#count(this.#waiting, inner, runOf);
    this.#waitingPerChannel = 0;
  }

  #count(values: Float32Array, perChannel: number, runsOf: (channel: number) => ValueRuns): void {
    if (this.#sides === 1 && this.#min.some((m) => m < 0)) this.#addNegativeSide();
    if (this.#uncarried + perChannel > this.#countLimit) this.#carry();
    this.#uncarried += perChannel;
    const bits = new Int32Array(values.buffer, values.byteOffset, values.length);
    for (let c = 0; c < this.#channels; c++) {
      const min = this.#min[c]!;
      this.#grow(c, this.#exponentOf(Math.max(-min, this.#max[c]!, 0)));
      const perWidth = 2 ** -this.#exponents[c]!;
      const firstBin = c * this.#sides * this.#bins;
      const runs = runsOf(c);
      if (min < 0) countSigned(values, bits, runs, this.#counts, firstBin, this.#bins, perWidth);
      else countUnsigned(values, runs, this.#counts, firstBin, perWidth);
      this.#largest[0]?.add(values, bits, runs, c, 1);
      if (min < 0) this.#largest[1]?.add(values, bits, runs, c, -1);
    }
  }

  /** The histograms so far, packed; later batches do not change them. */
  snapshot(): ChannelHistograms {
    this.#countWaiting();
    return {
      binWidth: Float64Array.from(this.#exponents, (e) => 2 ** e),
      positive: this.#pack(0),
      negative: this.#sides === 1 ? null : this.#pack(1),
      ...(this.#largest[0] === null
        ? {}
        : { largest: { positive: this.#largest[0].snapshot(), negative: this.#largest[1]?.snapshot() ?? null } }),
    };
  }

  #pack(side: 0 | 1): Uint8Array {
    const writer = new CountWriter();
    const sum = new Float64Array(this.#bins);
    for (let c = 0; c < this.#channels; c++) {
      const first = (c * this.#sides + side) * this.#bins;
      if (this.#carried === null) {
        writer.write(this.#counts, first, this.#bins);
        continue;
      }
      for (let bin = 0; bin < this.#bins; bin++) sum[bin] = this.#carried[first + bin]! + this.#counts[first + bin]!;
      writer.write(sum, 0, this.#bins);
    }
    return writer.finish();
  }

  #grow(channel: number, exponent: number): void {
    const shift = exponent - this.#exponents[channel]!;
    if (shift === 0) return;
    this.#exponents[channel] = exponent;
    for (let side = 0; side < this.#sides; side++) {
      const first = (channel * this.#sides + side) * this.#bins;
      mergeBins(this.#counts.subarray(first, first + this.#bins), shift);
      if (this.#carried !== null) mergeBins(this.#carried.subarray(first, first + this.#bins), shift);
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
    if (this.#detail.largest > 0) this.#largest[1] = new LargestValues(this.#channels, this.#detail.largest);
    const spread = <T extends Uint32Array | Float64Array>(from: T, to: T): T => {
      for (let c = 0; c < this.#channels; c++) {
        to.set(from.subarray(c * this.#bins, (c + 1) * this.#bins), c * 2 * this.#bins);
      }
      return to;
    };
    this.#counts = spread(this.#counts, new Uint32Array(this.#counts.length * 2));
    if (this.#carried !== null) this.#carried = spread(this.#carried, new Float64Array(this.#carried.length * 2));
  }
}

/**
 * Counts values of which none is below zero. Four at a time, so that one increment need not wait
 * for another.
 */
function countUnsigned(
  values: Float32Array,
  { start, end, inner, stride }: ValueRuns,
  counts: Uint32Array,
  firstBin: number,
  perWidth: number,
): void {
  for (let run = start; run < end; run += stride) {
    const runEnd = run + inner;
    let i = run;
    for (; i + 3 < runEnd; i += 4) {
      const a = firstBin + ((values[i]! * perWidth) | 0);
      const b = firstBin + ((values[i + 1]! * perWidth) | 0);
      const c = firstBin + ((values[i + 2]! * perWidth) | 0);
      const d = firstBin + ((values[i + 3]! * perWidth) | 0);
      counts[a]!++;
      counts[b]!++;
      counts[c]!++;
      counts[d]!++;
    }
    for (; i < runEnd; i++) counts[firstBin + ((values[i]! * perWidth) | 0)]!++;
  }
}

/** Counts values below zero `bins` further than the others. No branch: signs can't be predicted. */
function countSigned(
  values: Float32Array,
  bits: Int32Array,
  { start, end, inner, stride }: ValueRuns,
  counts: Uint32Array,
  firstBin: number,
  bins: number,
  perWidth: number,
): void {
  for (let run = start; run < end; run += stride) {
    const runEnd = run + inner;
    for (let i = run; i < runEnd; i++) {
      const word = bits[i]!;
      // 1 for a negative number, 0 for -0, whose word is the one that negation leaves as it is.
      const isNegative = (word & ~((0 - word) | 0)) >>> 31;
      counts[firstBin + isNegative * bins + ((Math.abs(values[i]!) * perWidth) | 0)]!++;
    }
  }
}

/** Row-major `[outer, C, inner]` to `[C, WAITING]`, from position `at` of each channel on. */
function copyByChannel(values: Float32Array, waiting: Float32Array, channels: number, inner: number, at: number): void {
  const stride = channels * inner;
  for (let c = 0; c < channels; c++) {
    let to = c * WAITING + at;
    for (let run = c * inner; run < values.length; run += stride) {
      const end = run + inner;
      for (let i = run; i < end; i++) waiting[to++] = values[i]!;
    }
  }
}

/**
 * Merges each `2^shift` neighbouring bins into one, in place. The operator `>>` takes shifts up to
 * 31.
 */
function mergeBins(counts: Uint32Array | Float64Array, shift: number): void {
  for (let bin = 1; bin < counts.length; bin++) {
    const value = counts[bin]!;
    if (value === 0) continue;
    counts[bin] = 0;
    counts[bin >> Math.min(shift, 31)]! += value;
  }
}
