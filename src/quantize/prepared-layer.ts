import type { SmoothedLayer } from '../smooth/smooth-layers.js';
import type { QuantizedWeight } from './quantizers/fake-quantize-weight.js';
import type { Quantizer } from './quantizers/quantizer.js';

/** Everything about a layer that its quantized form needs. */
export interface PreparedLayer extends SmoothedLayer {
  readonly input: Quantizer;
  /**
   * `s[c] * scale` in float32, `[I]`: what divides the FP32 model's tensor, smoothing and
   * quantization scale in one. The base model's tensor of a folded layer is divided by s already.
   */
  readonly divisor: Float32Array;
  readonly weight: QuantizedWeight;
  /** `[O]`, taken off the bias; null: nothing. In the units of the base model's output. */
  readonly biasCorrection: Float32Array | null;
  /** The largest |y| without bias, in FP32's units, that inputs within their absmax can make. */
  readonly outputBound: number;
}
