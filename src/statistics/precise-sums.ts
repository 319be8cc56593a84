/** 2^27 + 1: splits a float64 into two halves whose products are exact (Veltkamp 1968). */
const SPLITTER = 134217729;

/**
 * Sums in about 106 bits, as an unevaluated pair of float64 each (Dekker 1971). The order of the
 * additions, and how they are grouped into runs, does not show in the float64 that comes out: that
 * of any order is within 1e-30 of the exact sum before it is rounded once. What is not finite stays
 * not finite.
 */
export class PreciseSums {
  readonly #high: Float64Array;
  readonly #low: Float64Array;

  constructor(length: number) {
    this.#high = new Float64Array(length);
    this.#low = new Float64Array(length);
  }

  get length(): number {
    return this.#high.length;
  }

  /** Adds a number to one sum. */
  add(index: number, value: number): void {
    const before = this.#high[index]!;
    const sum = before + value;
    const part = sum - before;
    this.#low[index]! += before - (sum - part) + (value - part);
    this.#high[index] = sum;
  }

  /** Adds each row of `[rows, length]` numbers. */
  addRows(data: Float32Array | Float64Array): void {
    const high = this.#high;
    const low = this.#low;
    const { length } = high;
    for (let start = 0; start < data.length; start += length) {
      for (let index = 0; index < length; index++) {
        const value = data[start + index]!;
        const before = high[index]!;
        const sum = before + value;
        const part = sum - before;
        low[index]! += before - (sum - part) + (value - part);
        high[index] = sum;
      }
    }
  }

  /**
   * Adds `other * numerator / denominator`, both whole numbers below 2^53, to the sums from `first`
   * on.
   */
  addScaled(other: PreciseSums, numerator: number, denominator: number, first = 0): void {
    for (let index = 0; index < other.length; index++) {
      const high = other.#high[index]!;
      const low = other.#low[index]!;
      const product = high * numerator;
      const productLow = productError(high, numerator, product) + low * numerator;
      const quotient = product / denominator;
      const back = quotient * denominator;
      const rest = product - back - productError(quotient, denominator, back) + productLow;
      this.add(first + index, quotient);
      this.add(first + index, rest / denominator);
    }
  }

  /** The sum as one float64; NaN or an infinity where a value was. */
  value(index: number): number {
    return this.#high[index]! + this.#low[index]!;
  }

  values(): Float64Array {
    return Float64Array.from(this.#high, (high, index) => high + this.#low[index]!);
  }
}

/** `a * b - product`, exactly, as long as nothing overflows. */
function productError(a: number, b: number, product: number): number {
  const aHigh = upperHalf(a);
  const aLow = a - aHigh;
  const bHigh = upperHalf(b);
  const bLow = b - bHigh;
  return aHigh * bHigh - product + aHigh * bLow + aLow * bHigh + aLow * bLow;
}

function upperHalf(value: number): number {
  const scaled = SPLITTER * value;
  return scaled - (scaled - value);
}
