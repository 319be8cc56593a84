/**
 * The largest values of channels as bytes: for each channel the number of its distinct magnitudes,
 * then, ascending, each one's distance from the one before in steps of float32 and its count.
 * Numbers are varints (7 bits a byte, low bits first). A magnitude is the bits of its float32,
 * whose order is that of the numbers.
 */
export class ValueWriter {
  #bytes = new Uint8Array(1 << 12);
  #length = 0;

  /** Appends a channel: ascending bits and counts. */
  write(magnitudes: Uint32Array, counts: Float64Array): void {
    // A count takes at most 8 bytes, a magnitude 5.
    this.#reserve((magnitudes.length + 1) * 13);
    this.#put(magnitudes.length);
    let before = 0;
    for (const [i, magnitude] of magnitudes.entries()) {
      this.#put(magnitude - before);
      this.#put(counts[i]!);
      before = magnitude;
    }
  }

  /** The bytes so far. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #put(number: number): void {
    let rest = number;
    while (rest >= 0x80) {
      this.#bytes[this.#length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes[this.#length++] = rest;
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const bytes = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    bytes.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = bytes;
  }
}

/** Distinct magnitudes of a channel, ascending. */
export interface CountedValues {
  /** Bits of float32 numbers >= 0. */
  readonly magnitudes: Uint32Array;
  readonly counts: Float64Array;
}

/** Reads what {@link ValueWriter} wrote, channel by channel. */
export class ValueReader {
  readonly #bytes: Uint8Array;
  #position = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** The next channel. @throws RangeError at the end of the bytes */
  next(): CountedValues {
    const length = this.#number();
    if (length > this.#bytes.length) throw new RangeError(`Expected ${length} values in packed values, got their end.`);
    const magnitudes = new Uint32Array(length);
    const counts = new Float64Array(length);
    let magnitude = 0;
    for (let i = 0; i < length; i++) {
      magnitude += this.#number();
      magnitudes[i] = magnitude;
      counts[i] = this.#number();
    }
    return { magnitudes, counts };
  }

  #number(): number {
    let number = 0;
    for (let unit = 1; ; unit *= 0x80) {
      const byte = this.#bytes[this.#position++];
      if (byte === undefined)
        throw new RangeError(`Expected a number at byte ${this.#position - 1} of packed values, got their end.`);
      number += (byte & 0x7f) * unit;
      if (byte < 0x80) return number;
    }
  }
}

/**
 * The largest distinct magnitudes of two disjoint sets of samples -> those of their union, exactly,
 * for each channel: whatever is among the largest of all is among the largest of its own set.
 * Associative and commutative.
 *
 * @param largest distinct magnitudes that are kept of each channel
 */
export function joinLargest(a: Uint8Array, b: Uint8Array, channels: number, largest: number): Uint8Array {
  const [readers, writer] = [[new ValueReader(a), new ValueReader(b)] as const, new ValueWriter()];
  for (let c = 0; c < channels; c++) {
    const joined = mergeCounted(readers[0].next(), readers[1].next(), largest);
    writer.write(joined.magnitudes, joined.counts);
  }
  return writer.finish();
}

/** Both, ascending, equal magnitudes as one; of more than `largest` the largest. */
export function mergeCounted(a: CountedValues, b: CountedValues, largest: number): CountedValues {
  const most = a.magnitudes.length + b.magnitudes.length;
  const magnitudes = new Uint32Array(most);
  const counts = new Float64Array(most);
  let [i, j, to] = [a.magnitudes.length - 1, b.magnitudes.length - 1, most];
  // From the far end, so that what is too much is never reached.
  while ((i >= 0 || j >= 0) && most - to < largest) {
    const [own, other] = [i < 0 ? -1 : a.magnitudes[i]!, j < 0 ? -1 : b.magnitudes[j]!];
    to--;
    magnitudes[to] = Math.max(own, other);
    counts[to] = (own >= other ? a.counts[i--]! : 0) + (other >= own ? b.counts[j--]! : 0);
  }
  return { magnitudes: magnitudes.slice(to), counts: counts.slice(to) };
}
