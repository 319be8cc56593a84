import { ROUNDING } from '../../onnx/edits/graph-patch.js';
import type { Quantizer } from './quantizer.js';

/**
 * The levels of a constant tensor. All arithmetic in float32: those that QuantizeLinear gives.
 */
export function quantizeConstant(
  values: Float32Array,
  { scale, zeroPoint, qmin, qmax }: Pick<Quantizer, 'scale' | 'zeroPoint' | 'qmin' | 'qmax'>,
): Int32Array {
  return Int32Array.from(values, (value) => {
    // The sum with a large number rounds; what is beyond the levels is clipped anyway.
    const steps = Math.min(Math.max(Math.fround(value / scale), qmin - zeroPoint - 1), qmax - zeroPoint + 1);
    const rounded = Math.fround(Math.fround(steps + ROUNDING) - ROUNDING);
    return Math.min(Math.max(rounded + zeroPoint, qmin), qmax);
  });
}
