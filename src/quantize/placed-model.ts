import type { SmoothingConvolution } from '../smooth/smoothed-model.js';
import type { Placement } from '../targets/placement.js';
import type { PlacingTargetName } from '../targets/registry.js';
import type { Quantizer } from './quantizers/quantizer.js';

/** The quantizer of one tensor of the base model. */
export interface TensorQuantizer {
  readonly tensor: string;
  /** Of the base model's tensor, smoothing included. Its own `placed` group has the same. */
  readonly quantizer: Quantizer;
  /**
   * `[C]` in float32, `s[c] * scale`: what divides each channel before rounding, where smoothing is
   * inside the quantizer (of a graph input); what leaves the quantizer is x / s. Null: the scale
   * divides all.
   */
  readonly divisor: Float32Array | null;
}

/** Where a target's quantizers are in a prepared model's base, and what they are. */
export interface PlacedModel {
  readonly target: PlacingTargetName;
  readonly placement: Placement;
  /** One for each of `placement.quantizers`, in their order. */
  readonly quantizers: readonly TensorQuantizer[];
  /** Convolutions of the base that only smooth: nodes as any other, but no layers. */
  readonly convolutions: readonly SmoothingConvolution[];
}
