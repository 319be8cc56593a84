import type { LayerSettings } from '../../../experiment/sections/settings.js';
import type { DataSource } from '../../../formats/data-source.js';
import type { PreprocessSettings } from '../../../formats/preprocess/preprocess-settings.js';
import type { JobFacts } from '../job-facts.js';
import type { JobModel } from '../job-model.js';
import type { PackedSums } from './packed-sums.js';

/** Sums for second moments over the calibration samples `first .. end - 1`. */
export interface MomentsJob {
  readonly kind: 'moments';
  readonly model: JobModel;
  readonly preprocess: PreprocessSettings;
  readonly source: DataSource;
  /** Of the order of the samples; null: as they lie. */
  readonly sampleSeed: number | null;
  /** Operators of the layers. */
  readonly ops: LayerSettings['ops'];
  readonly first: number;
  readonly end: number;
}

export type MomentsResult = PackedSums;

export const momentsFacts: JobFacts<MomentsJob> = {
  // Sums round as runs are cut, so that runs are never cut otherwise: memory that is short is no
  // reason to try fewer samples.
  samplesPerRun: () => 1,
  data: (job) => job,
  batchSetting: () => null,
};
