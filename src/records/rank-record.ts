/** How far the output is from FP32's when this layer alone is quantized. */
export interface LayerRankRecord {
  readonly layer: string;
  readonly divergence: number;
  /**
   * Squared errors of its output at the stage's `errorBits`: `dw H dw^T`, or with the largest
   * inputs in place of H where there are no second moments. Absent where the stage has none.
   */
  readonly errors?: readonly number[];
}
