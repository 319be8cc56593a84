import { mergeCounted, ValueWriter, type CountedValues } from './packed-values.js';

const NOTHING: CountedValues = { magnitudes: new Uint32Array(0), counts: new Float64Array(0) };

/** Values that wait to be sorted in, at most; as many as are kept where those are fewer. */
const MOST_WAITING = 2048;

/**
 * The largest distinct magnitudes of each channel and how often each came, of the values of one
 * sign, as batches come. What is above the least that is kept waits in a buffer and is sorted in
 * when that is full: few values of many are, so that the cost is that of one comparison a value.
 */
export class LargestValues {
  readonly #largest: number;
  readonly #waitingRoom: number;
  readonly #kept: CountedValues[];
  /** Bits of values that wait, by channel. */
  readonly #waiting: (Uint32Array | null)[];
  readonly #waitingCount: Int32Array;
  /**
   * What a value must reach to be among the largest so far `[C]`; above 0, since zeros lie in the
   * first bin anyway.
   */
  readonly #least: Float64Array;

  /** @param largest distinct magnitudes that are kept of each channel, above 0 */
  constructor(channels: number, largest: number) {
    this.#largest = largest;
    this.#waitingRoom = Math.min(largest, MOST_WAITING);
    this.#kept = new Array<CountedValues>(channels).fill(NOTHING);
    this.#waiting = new Array<Uint32Array | null>(channels).fill(null);
    this.#waitingCount = new Int32Array(channels);
    this.#least = new Float64Array(channels).fill(2 ** -149);
  }

  /**
   * @param sign 1: of positive values; -1: of negative ones
   * @param bits the same memory as `values`
   * @param runs those of the channel's values, `inner` side by side from `start`, `start + stride`,
   *   ... below `end` on
   */
  add(
    values: Float32Array,
    bits: Int32Array,
    { start, end, inner, stride }: ValueRuns,
    channel: number,
    sign: 1 | -1,
  ): void {
    const waiting = (this.#waiting[channel] ??= new Uint32Array(this.#waitingRoom));
    let count = this.#waitingCount[channel]!;
    let least = this.#least[channel]!;
    for (let run = start; run < end; run += stride) {
      const runEnd = run + inner;
      for (let i = run; i < runEnd; i++) {
        if (values[i]! * sign < least) continue;
        waiting[count++] = bits[i]! & 0x7fffffff;
        if (count < waiting.length) continue;
        this.#sortIn(channel, waiting);
        count = 0;
        least = this.#least[channel]!;
      }
    }
    this.#waitingCount[channel] = count;
  }

  /** The largest so far, packed; later batches do not change them. */
  snapshot(): Uint8Array {
    const writer = new ValueWriter();
    for (const [channel, waiting] of this.#waiting.entries()) {
      if (waiting !== null) this.#sortIn(channel, waiting.subarray(0, this.#waitingCount[channel]));
      this.#waitingCount[channel] = 0;
      const { magnitudes, counts } = this.#kept[channel]!;
      writer.write(magnitudes, counts);
    }
    return writer.finish();
  }

  #sortIn(channel: number, waiting: Uint32Array): void {
    const kept = mergeCounted(this.#kept[channel]!, countDistinct(waiting), this.#largest);
    this.#kept[channel] = kept;
    if (kept.magnitudes.length === this.#largest) this.#least[channel] = magnitudeOf(kept.magnitudes[0]!);
  }
}

/**
 * Runs of `inner` values of one channel that start at `start`, `start + stride`, ... below `end`.
 */
export interface ValueRuns {
  readonly start: number;
  readonly end: number;
  readonly inner: number;
  readonly stride: number;
}

/** Sorts `bits` in place. */
function countDistinct(bits: Uint32Array): CountedValues {
  bits.sort();
  const magnitudes = new Uint32Array(bits.length);
  const counts = new Float64Array(bits.length);
  let distinct = 0;
  for (const [i, own] of bits.entries()) {
    if (i === 0 || own !== bits[i - 1]) magnitudes[distinct++] = own;
    counts[distinct - 1]! += 1;
  }
  return { magnitudes: magnitudes.subarray(0, distinct), counts: counts.subarray(0, distinct) };
}

const single = new Float32Array(1);
const singleBits = new Uint32Array(single.buffer);

/** The number whose bits these are. */
export function magnitudeOf(bits: number): number {
  singleBits[0] = bits;
  return single[0]!;
}
