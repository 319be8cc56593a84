import type { LossMode } from './loss-mode.js';

/** How far a layer's own output is from FP32's, over the loss samples. */
export interface LayerLossRecord {
  readonly layer: string;
  readonly mode: LossMode;
  readonly l1: number;
  readonly relL1: number | null;
  readonly mse: number;
  readonly sqnrDb: number | null;
  readonly cosine: number | null;
  readonly maxAbs: number;
}
