/**
 * Bins of a channel's histogram, before they are cut; at least half of them lie within the
 * channel's absmax.
 */
export const CHANNEL_BINS = 4096;

/** One below that of the smallest float32: the width of a channel of zeros. */
const SMALLEST_EXPONENT = -161;

const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);
/** Which half of a float64 holds the exponent depends on the machine's byte order. */
const HIGH_WORD = (double.fill(1), words[1] !== 0 ? 1 : 0);

/**
 * Exponent e of the bin width `2^e` of a channel whose largest |x| so far is `absmax`: the smallest
 * for which `absmax` lies in one of the {@link CHANNEL_BINS} bins `[j * 2^e, (j + 1) * 2^e)`.
 * Widths are powers of two so that a value's bin is exact in float64 and so that a wider bin is a
 * union of narrower ones: a histogram that grows merges neighbours, and ends the same whichever way
 * the data was cut.
 *
 * @param absmax finite, a float32 value
 */
export function binExponent(absmax: number): number {
  if (absmax === 0) return SMALLEST_EXPONENT;
  double[0] = absmax;
  const exponent = ((words[HIGH_WORD]! >>> 20) & 0x7ff) - 1023;
  return exponent + 1 - Math.log2(CHANNEL_BINS);
}
