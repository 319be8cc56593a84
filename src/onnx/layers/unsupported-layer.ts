import type { LayerOp } from './layer-op.js';

/** A weighted operator that can't be quantized, and why. */
export interface UnsupportedLayer {
  readonly name: string;
  readonly op: LayerOp;
  readonly inputTensor: string;
  readonly outputTensor: string;
  readonly reason: string;
}
