import { FLOAT64_ROUNDING } from '../../onnx/edits/graph-patch.js';
import type { Quantizer } from './quantizer.js';

const LOWEST = -(2 ** 31);
const HIGHEST = 2 ** 31 - 1;

/** A bias in the steps of the sums of integer products that it is added to. */
export interface Int32Bias {
  /** `[O]` */
  readonly values: Int32Array;
  /** One per output channel, or a single one where the weight has a single one. */
  readonly scales: Float32Array;
  /** Channels whose bias is out of the range of int32, where it becomes its end. */
  readonly clippedChannels: number;
}

/**
 * The bias as int32: `values[c] = round(bias[c] / scales[c])`, half to even, with
 * `scales[c] = float32(inputScale * weightScale[c])` and zero point 0.
 *
 * @param bias `[O]`
 * @param inputScale what dequantizes the layer's input: of a quantizer with a divisor for each
 *   channel its one scale
 * @param weights one per output channel, or a single one per tensor; zero points 0
 */
export function int32Bias(bias: Float32Array, inputScale: number, weights: readonly Quantizer[]): Int32Bias {
  const scales = sumScales(inputScale, weights);
  const values = new Int32Array(bias.length);
  let clippedChannels = 0;
  for (const [channel, value] of bias.entries()) {
    // Float64 up to the rounding: a float32 quotient has too few bits from 2^24 on.
    const steps = value === 0 ? 0 : roundHalfToEven(value / scales[scales.length === 1 ? 0 : channel]!);
    if (steps < LOWEST || steps > HIGHEST) clippedChannels++;
    values[channel] = Math.min(Math.max(steps, LOWEST), HIGHEST);
  }
  return { values, scales, clippedChannels };
}

/** Real value of one step of a layer's sums: `float32(inputScale * weightScale[c])`. */
export function sumScales(inputScale: number, weights: readonly Quantizer[]): Float32Array {
  return Float32Array.from(weights, ({ scale }) => Math.fround(inputScale) * Math.fround(scale));
}

function roundHalfToEven(value: number): number {
  // What is as large as that has no fraction left.
  return Math.abs(value) >= 2 ** 51 ? value : value + FLOAT64_ROUNDING - FLOAT64_ROUNDING;
}
