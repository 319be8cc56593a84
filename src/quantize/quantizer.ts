/** Smallest positive float32 of full precision. */
const SMALLEST_NORMAL = 2 ** -126;

/** A uniform affine quantizer: `q = clip(round(x / scale), qmin - z, qmax - z) + z`, round half to even. */
export interface Quantizer {
  readonly bits: number;
  readonly signed: boolean;
  /** Range of real values that it represents without clipping. */
  readonly amax: number;
  /** float32 value. */
  readonly scale: number;
  readonly zeroPoint: number;
  readonly qmin: number;
  readonly qmax: number;
}

/**
 * The symmetric signed quantizer of b bits: `scale = amax / (2^(b-1) - 1)`, range `[-2^(b-1), 2^(b-1) - 1]`, zero point
 * 0. An amax of 0 gives scale 1, and so does one whose scale would be below float32's normal numbers (weight decay leaves
 * such channels behind): everything rounds to 0, an error of at most amax.
 *
 * @throws RangeError for an amax that is not finite
 */
export function symmetricQuantizer(amax: number, bits: number): Quantizer {
  const qmax = 2 ** (bits - 1) - 1;
  return { bits, signed: true, amax, scale: scaleOf(amax, qmax), zeroPoint: 0, qmin: -qmax - 1, qmax };
}

function scaleOf(amax: number, steps: number): number {
  const scale = Math.fround(amax / steps);
  if (!Number.isFinite(scale) || scale < 0) {
    throw new RangeError(`Expected an amax that gives a finite scale, got amax ${amax} over ${steps} steps.`);
  }
  return scale < SMALLEST_NORMAL ? 1 : scale;
}
