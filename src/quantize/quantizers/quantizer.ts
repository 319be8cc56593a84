import { FLOAT64_ROUNDING } from '../../onnx/edits/graph-patch.js';

/** Smallest positive float32 of full precision. */
const SMALLEST_NORMAL = 2 ** -126;

/**
 * A uniform affine quantizer: `q = clip(round(x / scale), qmin - z, qmax - z) + z`, round half to
 * even.
 */
export interface Quantizer {
  readonly bits: number;
  readonly signed: boolean;
  /**
   * Upper end of the range of real values that it represents without clipping; of an asymmetric one
   * its own.
   */
  readonly amax: number;
  /** Lower end: -amax, 0 when unsigned, its own when asymmetric. */
  readonly low: number;
  /** float32 value. */
  readonly scale: number;
  readonly zeroPoint: number;
  readonly qmin: number;
  readonly qmax: number;
  /** The lowest level of a symmetric signed quantizer is left out. */
  readonly narrowRange: boolean;
}

/**
 * The symmetric signed quantizer of b bits: `scale = amax / (2^(b-1) - 1)`, range
 * `[-2^(b-1), 2^(b-1) - 1]`, from one higher with a narrow range; zero point 0. An amax of 0 gives
 * scale 1, and so does one whose scale would be below float32's normal numbers (weight decay leaves
 * such channels behind): everything rounds to 0, an error of at most amax.
 *
 * @throws RangeError for an amax that is not finite
 */
export function symmetricQuantizer(amax: number, bits: number, narrowRange = false): Quantizer {
  const qmax = 2 ** (bits - 1) - 1;
  const scale = scaleOf(amax, qmax);
  // 0 - amax: of amax 0 the lower end is 0, not -0.
  return {
    bits,
    signed: true,
    amax,
    low: 0 - amax,
    scale,
    zeroPoint: 0,
    qmin: narrowRange ? -qmax : -qmax - 1,
    qmax,
    narrowRange,
  };
}

/**
 * The unsigned quantizer of b bits: `scale = amax / (2^b - 1)`, range `[0, 2^b - 1]`, zero point 0.
 * Values below 0 become 0. Scales as in {@link symmetricQuantizer}.
 *
 * @throws RangeError for an amax that is not finite
 */
export function unsignedQuantizer(amax: number, bits: number): Quantizer {
  const qmax = 2 ** bits - 1;
  const scale = scaleOf(amax, qmax);
  return { bits, signed: false, amax, low: 0, scale, zeroPoint: 0, qmin: 0, qmax, narrowRange: false };
}

/**
 * The asymmetric quantizer of b bits: `scale = (high - low) / (2^b - 1)` with `low <= 0 <= high`,
 * stored unsigned, range `[0, 2^b - 1]`; zero point `round(-low / scale)`, so that 0 is a level.
 * Scales as in {@link symmetricQuantizer}.
 *
 * @throws RangeError for ends that are not finite or on the wrong side of 0
 */
export function asymmetricQuantizer(low: number, high: number, bits: number): Quantizer {
  if (!(low <= 0 && high >= 0)) throw new RangeError(`Expected low <= 0 <= high, got ${low} and ${high}.`);
  const qmax = 2 ** bits - 1;
  const scale = scaleOf(high - low, qmax);
  const zeroPoint = Math.min(Math.max(roundHalfToEven(-low / scale), 0), qmax);
  return { bits, signed: false, amax: high, low, scale, zeroPoint, qmin: 0, qmax, narrowRange: false };
}

/** Of several the one with the widest range, so with the largest scale; the first of equal ones. */
export function widestQuantizer(quantizers: readonly Quantizer[]): Quantizer {
  return quantizers.reduce((a, b) => (b.amax - b.low > a.amax - a.low ? b : a));
}

function roundHalfToEven(value: number): number {
  return value + FLOAT64_ROUNDING - FLOAT64_ROUNDING;
}

function scaleOf(width: number, steps: number): number {
  const scale = Math.fround(width / steps);
  if (!Number.isFinite(scale) || scale < 0) {
    throw new RangeError(`Expected an amax that gives a finite scale, got amax ${width} over ${steps} steps.`);
  }
  return scale < SMALLEST_NORMAL ? 1 : scale;
}
