import type { DataSource } from '../../../formats/data-source.js';
import type { PreprocessSettings } from '../../../formats/preprocess/preprocess-settings.js';
import type { MemoryProfile } from '../../../plan/estimate/estimate-memory.js';
import type { JobFacts } from '../job-facts.js';
import type { JobModel } from '../job-model.js';

/** Runs one sample for what the model takes of memory, and the shapes of its layers. */
export interface MeasureJob {
  readonly kind: 'measure';
  readonly model: JobModel;
  readonly preprocess: PreprocessSettings;
  readonly source: DataSource;
}

/** What one run shows of a model with BatchNormalization folded. */
export interface MeasuredModel {
  readonly memory: MemoryProfile;
  /** Numbers of one sample. */
  readonly sampleNumbers: number;
  /** Samples that were fed, with padding. */
  readonly rows: number;
  /** Of the tensors that layers read and make, by name; those inside subgraphs are missing. */
  readonly shapes: readonly (readonly [string, readonly number[]])[];
}

export const measureFacts: JobFacts<MeasureJob> = {
  samplesPerRun: () => 1,
  data: () => null,
  batchSetting: () => null,
};
