import { uniteCoverages, type SampleCoverage } from '../sample-coverage.js';

/** What is kept of each sample, `[sampleCount]` each; 0 where it is not covered. */
export interface SequenceState {
  readonly kind: 'sequence';
  readonly coverage: SampleCoverage;
  /** Edits that make the text of what was read, and code points of the text. */
  readonly edits: Int32Array;
  readonly lengths: Int32Array;
  /** 1 where both are equal. */
  readonly exact: Uint8Array;
  /** As PaddleOCR compares them, without spaces: equal, and edits over the longer length. */
  readonly exactWithoutSpaces: Uint8Array;
  readonly normalizedEdits: Float64Array;
}

export function emptySequenceState(sampleCount: number): SequenceState {
  return {
    kind: 'sequence',
    coverage: new Uint8Array(sampleCount),
    edits: new Int32Array(sampleCount),
    lengths: new Int32Array(sampleCount),
    exact: new Uint8Array(sampleCount),
    exactWithoutSpaces: new Uint8Array(sampleCount),
    normalizedEdits: new Float64Array(sampleCount),
  };
}

/**
 * Returns the state over all samples that any of `states` has.
 *
 * @throws MetricError when a sample is in two states
 */
export function mergeSequenceStates(states: readonly SequenceState[]): SequenceState {
  const coverage = uniteCoverages(states.map((state) => state.coverage));
  const merged = { ...emptySequenceState(coverage.length), coverage };
  for (const state of states) {
    for (const field of ['edits', 'lengths', 'exact', 'exactWithoutSpaces', 'normalizedEdits'] as const) {
      const to = merged[field];
      for (let sample = 0; sample < to.length; sample += 1) to[sample]! += state[field][sample]!;
    }
  }
  return merged;
}
