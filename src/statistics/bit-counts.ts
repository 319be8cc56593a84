/** A bitset as 32-bit words, for {@link BitCounts}: bit i is bit i % 32 of word floor(i / 32). */
export function bitWords(bitset: Uint8Array): Uint32Array {
  const words = new Uint32Array(Math.ceil(bitset.length / 4));
  for (let byte = 0; byte < bitset.length; byte += 1) words[byte >>> 2]! |= bitset[byte]! << (8 * (byte & 3));
  return words;
}

/**
 * Counts for each index how many sets hold it. The counters stand upright: plane k has bit k of 32
 * counters in each word, and adding a set is a ripple of carries, about two operations for 32
 * indices instead of 32.
 */
export class BitCounts {
  readonly #words: number;
  readonly #planes: Uint32Array[] = [];

  constructor(readonly count: number) {
    this.#words = Math.ceil(count / 32);
  }

  /** Adds a set of as many indices. Throws RangeError where it is of another size. */
  add(words: Uint32Array): void {
    if (words.length !== this.#words) {
      throw new RangeError(`Expected ${this.#words} words of a bitset, got ${words.length}`);
    }
    for (let word = 0; word < words.length; word += 1) {
      let carry = words[word]!;
      for (let bit = 0; carry !== 0; bit += 1) {
        const plane = (this.#planes[bit] ??= new Uint32Array(this.#words));
        const before = plane[word]!;
        plane[word] = before ^ carry;
        carry &= before;
      }
    }
  }

  /** `[count]` */
  counts(): Int32Array {
    return Int32Array.from({ length: this.count }, (_, index) =>
      this.#planes.reduce((sum, plane, bit) => sum + (((plane[index >>> 5]! >>> (index & 31)) & 1) << bit), 0),
    );
  }
}
