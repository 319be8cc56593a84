import type { JobFacts } from '../job-facts.js';

/** Finds the numerics class of the machine on the child's provider, by the bits of fixed probes. */
export interface NumericsJob {
  readonly kind: 'numerics';
}

export interface NumericsResult {
  /** e.g. `cpu-3f9a2c1b6d04` */
  readonly numericsClass: string;
}

export const numericsFacts: JobFacts<NumericsJob> = {
  samplesPerRun: () => 1,
  data: () => null,
  batchSetting: () => null,
};
