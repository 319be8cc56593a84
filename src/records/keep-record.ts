/** One evaluation with some of the ranked layers in float. */
export interface KeepTryRecord {
  /** Names of the layers, the most sensitive first. */
  readonly layers: readonly string[];
  readonly metric: string;
  /** Of the metric, and how far FP32's is above it. */
  readonly value: number;
  readonly loss: number;
  readonly chosen: boolean;
}

/** How the layers that stay in float were chosen: every evaluation, in order; one is chosen. */
export type KeepRecord = readonly KeepTryRecord[];
