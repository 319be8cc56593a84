import type { AbsmaxMethod } from '../calibrate/absmax-method.js';

/** `static`: SmoothQuant with one alpha; `dynamic`: one alpha a layer; `cle`: cross-layer equalization; `none`: s = 1. */
export type SmoothingMode = 'none' | 'static' | 'dynamic' | 'cle';

export type SmoothingApply = 'insert' | 'fold';

export interface SmoothingSettings {
  readonly mode: SmoothingMode;
  /** Migration strength in [0, 1]; `auto`: the candidate whose output is nearest to FP32's. Used by `static` only. */
  readonly alpha: number | 'auto';
  readonly absmax: AbsmaxMethod;
  /** `insert`: each layer divides its own input; `fold`: 1/s goes into the producer of the input where that is exact. */
  readonly apply: SmoothingApply;
}

/** How alphas come about: `auto` is one static alpha, searched; the others are the settings' own modes. */
export type AlphaMode = SmoothingMode | 'auto';

/** How one candidate or unsmoothed trial smooths; null parts do not apply to the trial. */
export interface CanonicalSmoothing {
  readonly mode: AlphaMode;
  /** null unless `mode` is `static`. */
  readonly alpha: number | null;
  /** null unless s comes from activations, so when `mode` is `none` or `cle`. */
  readonly absmax: AbsmaxMethod | null;
  /** null when `mode` is `none`; always `fold` for `cle`. */
  readonly apply: SmoothingApply | null;
}
