/** What bias correction took off a layer's bias. */
export interface BiasCorrectionRecord {
  readonly layer: string;
  /**
   * `[O]`, in the units of the output that the trial's model computes: divided by `outputFactors`
   * where it folds them.
   */
  readonly correction: Float32Array;
  /**
   * `[O]`: what folded smoothing divided the layer's output by; null where it is as in the
   * untouched model.
   */
  readonly outputFactors: Float32Array | null;
}
