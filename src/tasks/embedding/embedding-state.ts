import { MetricError } from '../metric-error.js';
import { uniteCoverages, type SampleCoverage } from '../sample-coverage.js';

export interface EmbeddingState {
  readonly kind: 'embedding';
  readonly coverage: SampleCoverage;
  /** Numbers of an embedding; 0 before the first. */
  readonly width: number;
  /** As the model gives them `[sampleCount, width]`; 0 of samples that are not covered. */
  readonly embeddings: Float32Array;
}

/**
 * Returns the state over all samples that any of `states` has.
 *
 * @throws MetricError when a sample is in two states or the widths differ
 */
export function mergeEmbeddingStates(states: readonly EmbeddingState[]): EmbeddingState {
  const coverage = uniteCoverages(states.map((state) => state.coverage));
  const filled = states.filter(({ width }) => width > 0);
  const width = filled[0]?.width ?? 0;
  const embeddings = new Float32Array(coverage.length * width);
  for (const state of filled) {
    if (state.width !== width) {
      throw new MetricError(`Expected embeddings of one width, got ${width} and ${state.width}`);
    }
    for (let sample = 0; sample < coverage.length; sample += 1) {
      if (state.coverage[sample] === 0) continue;
      embeddings.set(state.embeddings.subarray(sample * width, (sample + 1) * width), sample * width);
    }
  }
  return { kind: 'embedding', coverage, width, embeddings };
}
