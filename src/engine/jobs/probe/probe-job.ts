import type { JobFacts } from '../job-facts.js';

/** Loads a tiny model on the provider, to see whether it can run. */
export interface ProbeJob {
  readonly kind: 'probe';
}

export interface ProbeResult {
  readonly onnxruntimeVersion: string;
}

export const probeFacts: JobFacts<ProbeJob> = { samplesPerRun: () => 1, data: () => null, batchSetting: () => null };
