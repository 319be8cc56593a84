/** What a model achieved on the evaluation data. */
export interface EvaluationRecord {
  /** The metric by which trials are ranked, higher is better: `top1` or `mAP`, say. */
  readonly primaryMetric: string;
  readonly samples: number;
  readonly accuracies: readonly AccuracyRecord[];
  readonly outcomes: readonly OutcomeRecord[];
}

/** One metric, or one slice of a metric, with its interval. */
export interface AccuracyRecord {
  /** `top1`, `top5`, `agreement`, `mAP`, or `ap` with a slice `class@threshold`. */
  readonly metric: string;
  readonly slice: string;
  /** In the unit of the metric's definition: 0..1 of a fraction. */
  readonly value: number;
  readonly ciLow: number | null;
  readonly ciHigh: number | null;
  readonly ciMethod: 'wilson' | 'bootstrap' | null;
  readonly correct: number | null;
  readonly total: number | null;
}

/** Per-sample evidence for paired comparisons of two trials. */
export interface OutcomeRecord {
  readonly metric: string;
  /**
   * `bitset`: 1 bit a sample, low bit first; `bootstrap`: float64 replicates on resamples that all
   * trials share; `values`: a float64 a sample, NaN where the metric has none for it. Comparisons
   * are of the first two; of a metric there is one of them at most.
   */
  readonly kind: 'bitset' | 'bootstrap' | 'values';
  /** Samples, or replicates of a bootstrap. */
  readonly count: number;
  readonly data: Uint8Array;
}
