import type { TrialSettings } from '../../../plan/plan.js';
import type { KeepRecord } from '../../../records/keep-record.js';
import type { ObservationRecord } from '../../../records/observation-record.js';
import type { JobFacts } from '../job-facts.js';
import type { JobModel } from '../job-model.js';

/**
 * Looks for the layers that a trial's deployed model is faster with in float. Nothing else of the
 * sweep may run on the machine meanwhile.
 */
export interface PlaceJob {
  readonly kind: 'place';
  readonly model: JobModel;
  /** Of the trial; its samples are those of the evaluation. */
  readonly settings: TrialSettings;
  readonly observation: ObservationRecord;
  /** Samples of one run; ignored where the model fixes its batch. */
  readonly batchSize: number;
  /** Threads of one operator. */
  readonly threads: number;
}

/** Every set that was timed, in order; one is chosen. */
export type PlaceResult = KeepRecord;

export const placeFacts: JobFacts<PlaceJob> = {
  samplesPerRun: ({ batchSize }) => batchSize,
  data: ({ settings: { evaluation, preprocess } }) => ({ source: evaluation.source, preprocess }),
  batchSetting: () => 'layers.keepFloatBatch',
};
