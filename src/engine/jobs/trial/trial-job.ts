import type { ContentKey, TrialSettings } from '../../../plan/plan.js';
import { evaluationBatch } from '../../../plan/estimate/estimate-memory.js';
import type { MomentsRecord } from '../../../records/moments-record.js';
import type { ObservationRecord } from '../../../records/observation-record.js';
import type { OutcomeRecord } from '../../../records/evaluation-record.js';
import type { StoppedTrialRecord, TrialRecord } from '../../../records/trial-record.js';
import type { JobFacts } from '../job-facts.js';
import type { JobModel } from '../job-model.js';

/** A whole quantized trial. */
export interface TrialJob {
  readonly kind: 'trial';
  readonly model: JobModel;
  readonly settings: TrialSettings;
  readonly observation: ObservationRecord;
  /**
   * Of as many samples as `quantization.rounding` says, or the search where that alone needs some;
   * null: there are none.
   */
  readonly moments: MomentsRecord | null;
  /** Chosen alpha by layer where they were searched; null otherwise. */
  readonly alphas: ReadonlyMap<string, number> | null;
  /** Layers that stay in float by their rank. */
  readonly keptFloat: readonly string[];
  /** Bits of weights by layer where they were looked for; absent: as the settings have them. */
  readonly weightBits?: ReadonlyMap<string, number>;
  /** FP32 argmax by evaluation sample; null where the task has none. */
  readonly referenceArgmax: Int32Array | null;
  /** What may stop the trial before all samples are seen; null: it runs to its end. */
  readonly stop: StopRule | null;
}

/**
 * When a trial is stopped: held against a complete one, see `createSequentialTest`, and with a
 * bound `createBoundTest`.
 */
export interface StopRule {
  readonly confidence: number;
  /** Of the random order in which the evaluation samples are taken. */
  readonly orderSeed: number;
  /** Content key of the complete trial. */
  readonly against: ContentKey;
  /** What that trial achieved by the primary metric: a bitset over the evaluation samples. */
  readonly outcome: OutcomeRecord;
  /** Share of the samples by which the trial may be worse than the other; absent: none. */
  readonly maxDrop?: number;
}

export type TrialResult = TrialRecord | StoppedTrialRecord;

export const trialFacts: JobFacts<TrialJob> = {
  samplesPerRun: ({ settings }) => evaluationBatch(settings.evaluation.batchSize),
  data: ({ settings: { evaluation, preprocess } }) => ({ source: evaluation.source, preprocess }),
  batchSetting: ({ settings }) => (settings.evaluation.batchSize === 'auto' ? null : 'data.evaluation.batchSize'),
};
