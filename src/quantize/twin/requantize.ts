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
export function roundWithZeroPoint(twin: TwinGraph, scaled: string, quantizer: TwinQuantizer): string {
  const { zeroPoint } = quantizer.quantizer;
  const { patch } = twin;
  const shifted =
    zeroPoint === 0 ? scaled : patch.apply('Add', [patch.scalar(zeroPoint), scaled], `${quantizer.name}/shifted`);
  return roundLevels(twin, shifted, quantizer);
}

/**
 * `clip(round(x), qmin, qmax) - z` of values in steps of the quantizer with the zero point in
 * them.
 */
export function roundLevels(twin: TwinGraph, scaled: string, { quantizer, name }: TwinQuantizer): string {
  const { patch } = twin;
  const { qmin, qmax, zeroPoint } = quantizer;
  if (zeroPoint === 0) return patch.roundAndClip(scaled, qmin, qmax, name);
  const levels = patch.roundAndClip(scaled, qmin, qmax, `${name}/levels`);
  return patch.apply('Sub', [levels, patch.scalar(zeroPoint)], name);
}
