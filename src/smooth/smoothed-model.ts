import type { Layer } from '../onnx/layers/layers.js';
import type { OnnxModel } from '../onnx/onnx-model.js';
import type { SmoothingFactors } from './smoothing-factors.js';

/**
 * How a layer's smoothing is written.
 *
 * - `insert`: its input is divided by s
 * - `fold`: the base model's tensor is divided already, by the producer's float weight and bias
 * - `requantize`: the same, by the scale of the producer's integer weight, whose integers are those
 *   without it
 * - `depthwise`: a depthwise 1x1 convolution of the base model divides the input
 * - `channelQuantize`: the quantizer of the input has a scale for each channel
 * - `none`: s is 1
 */
export type AppliedSmoothing = 'insert' | 'fold' | 'requantize' | 'depthwise' | 'channelQuantize' | 'none';

/** A depthwise 1x1 convolution in the base model that divides by s. */
export interface SmoothingConvolution {
  /** Name of the layer that it is for. */
  readonly layer: string;
  readonly input: string;
  readonly output: string;
  /** `[C]`; its weight is 1/s, as the integer 1 with the scale 1/s of its channel. */
  readonly s: Float32Array;
}

/** A layer whose smoothing is decided. */
export interface SmoothedLayer {
  /** Of the smoothed model's `base`. */
  readonly layer: Layer;
  /** The same layer before anything was folded: its weight is FP32's. */
  readonly original: Layer;
  /** null without SmoothQuant. */
  readonly alpha: number | null;
  /** The factors that are applied: of a folded layer those of its tensor, which it may share. */
  readonly factors: SmoothingFactors;
  readonly apply: AppliedSmoothing;
  /**
   * Why s is not applied as asked for (moved into no producer, or not at all); null where it is.
   */
  readonly fallbackReason: string | null;
  /**
   * `[O]`, by which the base model's output of this layer is divided, for layers behind it that
   * were folded; null: 1.
   */
  readonly outputFactors: Float32Array | null;
  /** W * s, of the weight's shape, in the units of the base model's output. */
  readonly smoothedWeight: Float32Array;
  /**
   * W * s, of the weight's shape, not divided by `outputFactors`: its integers are the layer's, and
   * the scales of these are divided instead. Null: they are those of `smoothedWeight`.
   */
  readonly undividedWeight: Float32Array | null;
}

export interface SmoothedModel {
  /**
   * The given model with 1/s moved into the producers, and s into the weights, of folded layers:
   * the same function.
   */
  readonly base: OnnxModel;
  readonly layers: readonly SmoothedLayer[];
  /**
   * Tensors of the base that are FP32's divided by `[C]` factors, by name: those between producers
   * and readers of what is folded or requantized. Absent: none.
   */
  readonly tensorFactors?: ReadonlyMap<string, Float32Array>;
  /** Absent: none. */
  readonly convolutions?: readonly SmoothingConvolution[];
}

/** What was decided for one layer. */
export interface LayerSmoothing {
  readonly alpha: number | null;
  readonly factors: SmoothingFactors;
  readonly apply: SmoothedLayer['apply'];
  readonly fallbackReason: string | null;
}

/** Whether the layer's input in the base model still has to be divided by s. */
export function dividesOwnInput(apply: AppliedSmoothing): boolean {
  return apply === 'insert' || apply === 'channelQuantize';
}
