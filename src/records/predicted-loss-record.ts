/**
 * What a layer's output is expected to lose by its quantization alone, fed the FP32 input:
 * calculated from second moments, not measured. Means over output channels and positions, in FP32's
 * units of the layer's output squared.
 */
export interface PredictedLossRecord {
  readonly layer: string;
  /** By the change of the weight: `dw H dw^T`, and what a corrected bias makes of it. */
  readonly weightMse: number;
  /** By the noise of the quantized input behind the quantized weight. */
  readonly inputMse: number;
  /** What the noise of the input was taken from. */
  readonly inputNoise: InputNoise;
  /** Mean square of the FP32 output without its bias: `W H W^T`. */
  readonly power: number;
  /** Samples of the moments. */
  readonly samples: number;
  /**
   * Share of the products of inputs that the moments hold, 1 where all: those across blocks count
   * as 0.
   */
  readonly productShare: number;
}

/**
 * - `uniform`: errors spread evenly over a step, of numbers that are not 0; no clipping
 * - `histogram`: the error of the values that were counted, clipping among it
 */
export type InputNoise = 'uniform' | 'histogram';
