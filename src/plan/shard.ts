/** One of the parts that a sweep is cut into, for machines that can't reach each other. */
export interface Shard {
  /** From 1. */
  readonly index: number;
  /** How many parts there are. */
  readonly of: number;
}

/** A shard beside the sweep that it is of. */
export interface ShardOfSweep extends Shard {
  /** Trials of the whole sweep. An FP32 trial is in every shard that its results are judged by. */
  readonly allTrials: number;
  /** Shards that have trials: fewer than `of` where the sweep has not enough of them. */
  readonly filled: number;
}
