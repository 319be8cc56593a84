import { uniteCoverages, type SampleCoverage } from '../sample-coverage.js';

/** What restoration keeps of each sample, `[sampleCount]`; 0 of those that are not covered. */
export interface RestorationState {
  readonly kind: 'restoration';
  readonly coverage: SampleCoverage;
  /** Mean squared error on the scale of 0 to 255. */
  readonly error: Float64Array;
  /** NaN where the picture is smaller than the window. */
  readonly ssim: Float64Array;
}

/** @throws MetricError when a sample is in two states */
export function mergeRestorationStates(states: readonly RestorationState[]): RestorationState {
  const coverage = uniteCoverages(states.map((state) => state.coverage));
  const error = new Float64Array(coverage.length);
  const ssim = new Float64Array(coverage.length);
  for (const state of states) {
    for (let sample = 0; sample < coverage.length; sample += 1) {
      if (state.coverage[sample] === 0) continue;
      error[sample] = state.error[sample]!;
      ssim[sample] = state.ssim[sample]!;
    }
  }
  return { kind: 'restoration', coverage, error, ssim };
}
