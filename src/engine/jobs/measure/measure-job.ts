import type { DataSource } from '../../../formats/data-source.js';
import type { PreprocessSettings } from '../../../formats/preprocess/preprocess-settings.js';
import type { JobFacts } from '../job-facts.js';
import type { JobModel } from '../job-model.js';

/** Runs one sample for what the model takes of memory. */
export interface MeasureJob {
  readonly kind: 'measure';
  readonly model: JobModel;
  readonly preprocess: PreprocessSettings;
  readonly source: DataSource;
}

export const measureFacts: JobFacts<MeasureJob> = {
  samplesPerRun: () => 1,
  data: () => null,
  batchSetting: () => null,
};
