import { uniteCoverages, type SampleCoverage } from '../sample-coverage.js';

/** What a metric module keeps: whatever it made of each sample. */
export interface EvidenceState {
  readonly kind: 'module';
  readonly coverage: SampleCoverage;
  /** By covered sample; structured-cloneable. */
  readonly evidence: ReadonlyMap<number, unknown>;
}

/**
 * Returns the state over all samples that any of `states` has.
 *
 * @throws MetricError when a sample is in two states
 */
export function mergeEvidenceStates(states: readonly EvidenceState[]): EvidenceState {
  return {
    kind: 'module',
    coverage: uniteCoverages(states.map((state) => state.coverage)),
    evidence: new Map(states.flatMap((state) => [...state.evidence])),
  };
}
