import { uniteCoverages, type SampleCoverage } from '../sample-coverage.js';

/**
 * What fidelity keeps of each sample, `[sampleCount]`; entries of samples that are not covered are
 * 0.
 */
export interface FidelityState {
  readonly kind: 'fidelity';
  readonly coverage: SampleCoverage;
  /** Cosine of the output to FP32's, 0..1. */
  readonly cosine: Float64Array;
}

/**
 * Returns the state over all samples that any of `states` has.
 *
 * @throws MetricError when a sample is in two states
 */
export function mergeFidelityStates(states: readonly FidelityState[]): FidelityState {
  const coverage = uniteCoverages(states.map((state) => state.coverage));
  const cosine = new Float64Array(coverage.length);
  for (const state of states) {
    for (let sample = 0; sample < cosine.length; sample += 1) cosine[sample]! += state.cosine[sample]!;
  }
  return { kind: 'fidelity', coverage, cosine };
}
