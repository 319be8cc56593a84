/** One evaluation, or timing, with some of the layers in float. */
export interface KeepTryRecord {
  /** Names of the layers, the most sensitive, or the slowest, first. */
  readonly layers: readonly string[];
  /** The primary metric, or {@link LATENCY_RATIO}. */
  readonly metric: string;
  /**
   * Of the metric, and how far FP32's is above it. Of speed: time of a run / FP32's, and how far
   * that is above the one with every layer quantized (below 0: this is faster).
   */
  readonly value: number;
  readonly loss: number;
  readonly chosen: boolean;
  /** Of speed alone; null: this is the model with every layer quantized. */
  readonly againstAll?: PairedRatio | null;
}

/** What sets of layers are compared by where speed chooses them. */
export const LATENCY_RATIO = 'latencyRatio';

/** Median of the ratios of times in the same rounds, with its 95 % interval. */
export interface PairedRatio {
  readonly ratio: number;
  readonly low: number;
  readonly high: number;
}

/** How the layers that stay in float were chosen: every try, in order; one is chosen. */
export type KeepRecord = readonly KeepTryRecord[];
