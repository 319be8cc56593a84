/** How far the output is from FP32's when this layer alone is quantized. */
export interface LayerRankRecord {
  readonly layer: string;
  readonly divergence: number;
}
