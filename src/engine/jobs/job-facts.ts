import type { DataSource } from '../../formats/data-source.js';
import type { PreprocessSettings } from '../../formats/preprocess/preprocess-settings.js';

/**
 * What is asked of jobs of any kind, by whoever schedules them or explains why one failed. Loads no
 * runtime.
 */
export interface JobFacts<Job> {
  /** Samples that the job feeds to one run of its session where memory is not short. */
  samplesPerRun(job: Job): number;
  /**
   * What it reads its samples from; null where it feeds so few that no model has too many of them.
   */
  data(job: Job): { readonly source: DataSource; readonly preprocess: PreprocessSettings } | null;
  /**
   * The setting that says how many samples a run has; null where none does, so that another attempt
   * may feed fewer.
   */
  batchSetting(job: Job): string | null;
}
