/**
 * Histograms as bytes, one after the other: the number of bins up to the last that is not empty,
 * then each bin's count; a run of empty bins is 0 and its length. Numbers are varints (7 bits a
 * byte, low bits first), up to 2^53. Most counts are small or zero, so that this is a tenth of
 * their 64-bit form.
 */
export class CountWriter {
  #bytes: Uint8Array;
  #length = 0;

  constructor(sizeHint = 1 << 12) {
    this.#bytes = new Uint8Array(sizeHint);
  }

  /** Appends bins `first .. first + count - 1`. */
  write(counts: Float64Array | Uint32Array, first: number, count: number): void {
    let end = first + count;
    while (end > first && counts[end - 1] === 0) end--;
    // A number takes at most 8 bytes, and an empty bin no more than two numbers.
    this.#reserve((end - first + 1) * 16);
    this.#put(end - first);
    for (let i = first; i < end;) {
      const value = counts[i]!;
      this.#put(value);
      i++;
      if (value !== 0) continue;
      const start = i - 1;
      while (counts[i] === 0) i++;
      this.#put(i - start);
    }
  }

  /** The bytes so far. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #put(number: number): void {
    let rest = number;
    while (rest >= 0x80) {
      // Beyond 2^31 the bit operators would cut the number.
      this.#bytes[this.#length++] = (rest % 0x80) | 0x80;
      rest = rest < 0x80000000 ? rest >>> 7 : Math.floor(rest / 0x80);
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

/** Reads what {@link CountWriter} wrote, histogram by histogram. */
export class CountReader {
  readonly #bytes: Uint8Array;
  #position = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /**
   * Adds the next histogram to `into`, bin j to bin `j >> shift`, and returns the number of bins up
   * to its last that is not empty.
   *
   * @param shift 0..31
   * @throws RangeError at the end of the bytes
   */
  addTo(into: Float64Array, shift = 0): number {
    const bins = this.#next();
    for (let bin = 0; bin < bins;) {
      const count = this.#next();
      if (count === 0) {
        bin += this.#next();
        continue;
      }
      into[bin >> shift]! += count;
      bin++;
    }
    return bins;
  }

  #next(): number {
    let byte = this.#bytes[this.#position++];
    if (byte === undefined)
      throw new RangeError(`Expected a number at byte ${this.#position - 1} of packed counts, got their end.`);
    let number = byte & 0x7f;
    let unit = 0x80;
    while (byte >= 0x80) {
      byte = this.#bytes[this.#position++];
      if (byte === undefined)
        throw new RangeError(
          `Expected more of a number at byte ${this.#position - 1} of packed counts, got their end.`,
        );
      number += (byte & 0x7f) * unit;
      unit *= 0x80;
    }
    return number;
  }
}
