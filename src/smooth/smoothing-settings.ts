import type { AbsmaxMethod } from '../calibrate/absmax-method.js';
import type { AlphaMode, SmoothingModeName } from './modes/registry.js';

export type SmoothingApply = 'insert' | 'fold' | 'requantize';

export interface SmoothingSettings {
  readonly mode: SmoothingModeName;
  /**
   * Migration strength in [0, 1]; `auto`: the candidate whose output is closest to FP32's. Used by
   * `static` only.
   */
  readonly alpha: number | 'auto';
  readonly absmax: AbsmaxMethod;
  /**
   * `insert`: each layer divides its own input; `fold`: 1/s goes into the producer of the input
   * where that is exact; `requantize`: it goes into the scale of the producer's weight, whose
   * integers stay as they are.
   */
  readonly apply: SmoothingApply;
}

/** How one candidate or unsmoothed trial smooths; null parts do not apply to its mode. */
export interface CanonicalSmoothing {
  readonly mode: AlphaMode;
  /** null unless it is fixed. */
  readonly alpha: number | null;
  /** null unless s comes from activations. */
  readonly absmax: AbsmaxMethod | null;
  /** null where nothing is smoothed. */
  readonly apply: SmoothingApply | null;
}
