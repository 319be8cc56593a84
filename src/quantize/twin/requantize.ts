import type { TwinGraph, TwinQuantizer } from './twin-graph.js';

/** `clip(round(x), qmin - z, qmax - z)` of values in steps of the quantizer. */
export function roundToSteps(twin: TwinGraph, scaled: string, { quantizer, name }: TwinQuantizer): string {
  const { qmin, qmax, zeroPoint } = quantizer;
  return twin.patch.roundAndClip(scaled, qmin - zeroPoint, qmax - zeroPoint, name);
}

/**
 * `clip(round(x + z), qmin, qmax) - z`: the zero point is added first, so its parity decides which
 * of two integers a tie becomes.
 */
export function roundWithZeroPoint(twin: TwinGraph, scaled: string, { quantizer, name }: TwinQuantizer): string {
  const { patch } = twin;
  const { qmin, qmax, zeroPoint } = quantizer;
  if (zeroPoint === 0) return patch.roundAndClip(scaled, qmin, qmax, name);
  const shifted = patch.apply('Add', [scaled, patch.scalar(zeroPoint)], `${name}/shifted`);
  const levels = patch.roundAndClip(shifted, qmin, qmax, `${name}/levels`);
  return patch.apply('Sub', [levels, patch.scalar(zeroPoint)], name);
}
