import type { AbsmaxMethod } from '../../../calibrate/absmax-method.js';
import type { DataSource } from '../../../formats/data-source.js';
import type { PreprocessSettings } from '../../../formats/preprocess/preprocess-settings.js';
import type { ObservationRecord } from '../../../records/observation-record.js';
import type { PlacingTargetName } from '../../../targets/registry.js';
import type { JobFacts } from '../job-facts.js';
import type { JobModel } from '../job-model.js';

/**
 * Statistics over the calibration batches `firstBatch .. endBatch - 1`, kept at each snapshot in
 * that range.
 */
export interface ObserveJob {
  readonly kind: 'observe';
  readonly model: JobModel;
  readonly preprocess: PreprocessSettings;
  readonly source: DataSource;
  /** Of the order of the samples; null: as they lie. */
  readonly sampleSeed: number | null;
  readonly batchSize: number;
  readonly firstBatch: number;
  readonly endBatch: number;
  /** Batches counted from the start of the data; `endBatch` is always kept as well. */
  readonly snapshots: readonly number[];
  readonly methods: readonly AbsmaxMethod[];
  /** Prefix sizes at which histograms are kept; null to gather none. */
  readonly histograms: readonly number[] | null;
  /** Whose tensors are observed besides the inputs of layers; absent: none. */
  readonly targets?: readonly PlacingTargetName[];
  /** The first so many samples are counted into histograms to look at; 0 for none. */
  readonly displaySamples: number;
}

/** One for each snapshot. */
export type ObserveResult = readonly ObservationRecord[];

export const observeFacts: JobFacts<ObserveJob> = {
  samplesPerRun: ({ batchSize }) => batchSize,
  data: (job) => job,
  batchSetting: () => 'data.calibration.batchSize',
};
