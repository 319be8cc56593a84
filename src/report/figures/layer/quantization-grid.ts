import type { ShownTrial } from '../../facts/layer-page-facts.js';
import { significantText } from '../../number-text.js';

/** The values that a quantizer can stand for: `low`, `low + step`, ..., `high`. */
export interface Grid {
  readonly low: number;
  readonly high: number;
  readonly step: number;
  readonly levels: number;
  /** In words. */
  readonly text: string;
}

/** Levels up to which each is drawn as a line. */
export const mostDrawnLevels = 32;

/**
 * The grid of the layer's input in a trial, and the one that it would have with s = 1. Null without
 * a quantizer for the whole tensor; `before` is also null for an asymmetric one, whose range before
 * smoothing is not stored.
 */
export function quantizationGrid({ input, unsmoothed }: ShownTrial): {
  readonly before: Grid | null;
  readonly after: Grid | null;
} {
  if (input === null || input.granularity === 'channel' || !(input.scale > 0)) return { before: null, after: null };
  const after = toGrid(input.low, input.high, input.scale);
  if (unsmoothed) return { before: after, after };
  if (!input.symmetric || !(input.amax > 0)) return { before: null, after };
  const ratio = input.amaxUnsmoothed / input.amax;
  return { before: ratio > 0 ? toGrid(ratio * input.low, ratio * input.high, ratio * input.scale) : null, after };
}

function toGrid(low: number, high: number, step: number): Grid {
  const levels = Math.round((high - low) / step) + 1;
  const text =
    `${levels} levels from ${significantText(low, 3)} to ${significantText(high, 3)}, step ${significantText(step, 3)}`.replaceAll(
      '-',
      '−',
    );
  return { low, high, step, levels, text };
}
