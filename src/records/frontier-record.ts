/** Bits of each layer's weights in graph order; null: the layer stays in float. */
export type LayerBitsRecord = readonly (readonly [layer: string, bits: number | null])[];

/** An assignment of bits on the predicted curve. */
export interface FrontierPointRecord {
  readonly bits: LayerBitsRecord;
  /** Bytes, or bit operations of a sample, of all layers. */
  readonly cost: number;
  /** Predicted divergence of the output. */
  readonly predicted: number;
}

/** One that was evaluated, on all evaluation samples unless it was stopped. */
export interface FrontierTryRecord extends FrontierPointRecord {
  /** Of the primary metric, and how far FP32's is above it; null where it was stopped. */
  readonly value: number | null;
  readonly drop: number | null;
  /** 95 % interval of the drop, paired by sample; null where the metric has no such test. */
  readonly interval: readonly [low: number, high: number] | null;
  /** Measured divergence of the output; null where it was not. */
  readonly divergence: number | null;
  /** Samples that were run. */
  readonly seen: number;
  /**
   * Stopped as the bound is broken: `certain`, or by the test at `FrontierRecord.confidence`;
   * absent: it was not.
   */
  readonly stopped?: 'test' | 'certain';
  readonly chosen: boolean;
}

/** How the bits of layers were chosen. */
export interface FrontierRecord {
  readonly metric: string;
  /** The drop that is allowed, in the metric's unit. */
  readonly allowed: number;
  readonly minimize: 'size' | 'bitOperations';
  /**
   * Probability, at least, that no evaluation that keeps the bound was stopped; null: none may be.
   */
  readonly confidence: number | null;
  /** Whether the next cheaper assignments on the curve are known to break the bound. */
  readonly isBracketed: boolean;
  /** In order; one is chosen. */
  readonly tries: readonly FrontierTryRecord[];
  /** By ascending cost, as predicted in the end; thinned out where there are many. */
  readonly curve: readonly FrontierPointRecord[];
}
