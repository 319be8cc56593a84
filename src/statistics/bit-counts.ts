/** A bitset as 32-bit words, for {@link BitCounts}: bit i is bit i % 32 of word floor(i / 32). */
export function bitWords(bitset: Uint8Array): Uint32Array {
  const words = new Uint32Array(Math.ceil(bitset.length / 4));
  for (let byte = 0; byte < bitset.length; byte += 1) words[byte >>> 2]! |= bitset[byte]! << (8 * (byte & 3));
  return words;
}

/** Sets that are added together. */
const together = 8;

/**
 * Counts for each index how many sets hold it. The counters stand upright: plane k has bit k of 32
 * counters in each word. Eight sets at a time go through carry-save adders (Harley and Seal), five
 * operations for 32 indices of a set without a branch; what they carry over is rippled upwards.
 */
export class BitCounts {
  readonly #words: number;
  readonly #planes: Uint32Array[] = [];
  /** Sets not added yet; they must not change until then. */
  #waiting: Uint32Array[] = [];

  constructor(readonly count: number) {
    this.#words = Math.ceil(count / 32);
  }

  /** Adds a set of as many indices. Throws RangeError where it is of another size. */
  add(words: Uint32Array): void {
    if (words.length !== this.#words) {
      throw new RangeError(`Expected ${this.#words} words of a bitset, got ${words.length}`);
    }
    if (this.#waiting.push(words) === together) this.#addEight();
  }

  /** `[count]` */
  counts(): Int32Array {
    for (const words of this.#waiting)
      for (let word = 0; word < words.length; word += 1) this.#ripple(words[word]!, word, 0);
    this.#waiting = [];
    const counts = new Int32Array(this.count);
    this.#planes.forEach((plane, bit) => {
      for (let index = 0; index < counts.length; index += 1)
        counts[index]! += ((plane[index >>> 5]! >>> (index & 31)) & 1) << bit;
    });
    return counts;
  }

  #addEight(): void {
    const [a, b, c, d, e, f, g, h] = this.#waiting as [
      Uint32Array,
      Uint32Array,
      Uint32Array,
      Uint32Array,
      Uint32Array,
      Uint32Array,
      Uint32Array,
      Uint32Array,
    ];
    const [ones, twos, fours] = [this.#plane(0), this.#plane(1), this.#plane(2)];
    for (let word = 0; word < this.#words; word += 1) {
      const [zero, one, two] = [ones[word]!, twos[word]!, fours[word]!];
      // The sum of three bits is their parity, and the majority of them carried over.
      const ab = zero ^ a[word]! ^ b[word]!;
      const twosAb = majority(zero, a[word]!, b[word]!);
      const cd = ab ^ c[word]! ^ d[word]!;
      const twosCd = majority(ab, c[word]!, d[word]!);
      const ef = cd ^ e[word]! ^ f[word]!;
      const twosEf = majority(cd, e[word]!, f[word]!);
      ones[word] = ef ^ g[word]! ^ h[word]!;
      const twosGh = majority(ef, g[word]!, h[word]!);
      const half = one ^ twosAb ^ twosCd;
      const foursLow = majority(one, twosAb, twosCd);
      twos[word] = half ^ twosEf ^ twosGh;
      const foursHigh = majority(half, twosEf, twosGh);
      fours[word] = two ^ foursLow ^ foursHigh;
      this.#ripple(majority(two, foursLow, foursHigh), word, 3);
    }
    this.#waiting = [];
  }

  /** Adds a word to the counters from a plane on. */
  #ripple(added: number, word: number, from: number): void {
    let carry = added;
    for (let bit = from; carry !== 0; bit += 1) {
      const plane = this.#plane(bit);
      const before = plane[word]!;
      plane[word] = before ^ carry;
      carry &= before;
    }
  }

  #plane(bit: number): Uint32Array {
    return (this.#planes[bit] ??= new Uint32Array(this.#words));
  }
}

/** Bits that two or more of the three have. */
function majority(a: number, b: number, c: number): number {
  return (a & b) | (c & (a ^ b));
}
