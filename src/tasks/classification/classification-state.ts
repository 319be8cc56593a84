import { MetricError } from '../metric-error.js';
import { uniteCoverages, type SampleCoverage } from '../sample-coverage.js';

/**
 * What classification keeps of each sample, `[sampleCount]` each; entries of samples that are not
 * covered are 0.
 */
export interface ClassificationState {
  readonly kind: 'classification';
  readonly coverage: SampleCoverage;
  /** Number of classes; 0 before the first output. */
  readonly classes: number;
  /** Class with the largest output; of equal ones the lowest, as in NumPy and torch. */
  readonly argmax: Int32Array;
  /**
   * Number of classes before the label when sorted by falling output, equal ones by rising class; 0
   * without labels.
   */
  readonly labelRank: Int32Array;
}

/**
 * Returns the state over all samples that any of `states` has.
 *
 * @throws MetricError when a sample is in two states or the numbers of classes differ.
 */
export function mergeClassificationStates(states: readonly ClassificationState[]): ClassificationState {
  const coverage = uniteCoverages(states.map((state) => state.coverage));
  const argmax = new Int32Array(coverage.length);
  const labelRank = new Int32Array(coverage.length);
  let classes = 0;
  for (const state of states) {
    if (state.classes === 0) continue;
    if (classes !== 0 && classes !== state.classes) {
      throw new MetricError(`Expected states of one number of classes, got ${classes} and ${state.classes}`);
    }
    classes = state.classes;
    for (let sample = 0; sample < coverage.length; sample += 1) {
      if (state.coverage[sample] === 0) continue;
      argmax[sample] = state.argmax[sample]!;
      labelRank[sample] = state.labelRank[sample]!;
    }
  }
  return { kind: 'classification', coverage, classes, argmax, labelRank };
}
