import type { LayerMoments } from '../../records/moments-record.js';
import { momentDiagonal } from '../../quantize/moment-forms.js';

/**
 * How often each position of the kernel reads a number of the input, not a zero around or between
 * them. A number at the border of the kernel falls into the padding more often than the one that
 * reads most, by as much as its mean square is smaller: that of each channel against its own, so
 * that loud channels count no more than others.
 *
 * @param kernelSize positions of the kernel
 * @param density share of the positions that hold a number where nothing is padded: below 1 of a
 *   ConvTranspose with strides
 * @returns `[kernelSize]`
 */
export function filledShares(moments: LayerMoments, kernelSize: number, density: number): Float64Array {
  const squares = momentDiagonal(moments);
  const shares = new Float64Array(kernelSize);
  for (let first = 0; first < squares.length; first += kernelSize) {
    const own = squares.subarray(first, first + kernelSize);
    const power = own.reduce((a, b) => a + b, 0);
    if (power > 0) for (const [k, square] of own.entries()) shares[k]! += square / power;
  }
  const most = shares.reduce((a, b) => Math.max(a, b), 0);
  return shares.map((share) => (most > 0 ? (density * share) / most : density));
}
