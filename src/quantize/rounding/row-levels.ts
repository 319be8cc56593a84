import { FLOAT64_ROUNDING, ROUNDING } from '../../onnx/edits/graph-patch.js';
import type { Quantizer } from '../quantizers/quantizer.js';

/** The levels of one output channel: `scale * q` for integers q from `lowest` to `highest`. */
export interface RowLevels {
  readonly scale: number;
  readonly lowest: number;
  readonly highest: number;
}

export function rowLevels({ scale, qmin, qmax, zeroPoint }: Quantizer): RowLevels {
  return { scale, lowest: qmin - zeroPoint, highest: qmax - zeroPoint };
}

/** The level that `applyQuantizers` rounds a weight to: in float32, half to even. */
export function nearestLevel(value: number, { scale, lowest, highest }: RowLevels): number {
  const rounded = Math.fround(Math.fround(Math.fround(value / scale) + ROUNDING) - ROUNDING);
  return Math.min(Math.max(rounded, lowest), highest);
}

/** The level nearest to what rounding aims at: in float64, half to even. */
export function levelOf(steps: number, { lowest, highest }: RowLevels): number {
  // Clipped first: what is far out has no bits left for the rounding.
  return Math.min(Math.max(steps, lowest), highest) + FLOAT64_ROUNDING - FLOAT64_ROUNDING;
}
