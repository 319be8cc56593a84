import type { LayerRankRecord } from '../../../records/rank-record.js';
import type { MomentsRecord } from '../../../records/moments-record.js';
import type { JobFacts } from '../job-facts.js';
import { quantizedFacts, type QuantizedJob } from '../quantized-job.js';

/** Divergence of the output with each of some layers quantized alone. */
export interface RankJob extends QuantizedJob {
  readonly kind: 'rank';
  readonly samples: number;
  /** See `RankStage`. */
  readonly errorBits?: readonly number[];
  /** What weights are quantized by; absent: by themselves. */
  readonly moments?: MomentsRecord | null;
  /** Of the layers in graph order: every `of`th, from `index`. */
  readonly share: { readonly index: number; readonly of: number };
}

export type RankResult = readonly LayerRankRecord[];

export const rankFacts: JobFacts<RankJob> = quantizedFacts;
