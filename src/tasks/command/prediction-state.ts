import type { MetricResult } from '../metric.js';
import { MetricError } from '../metric-error.js';
import type { SampleCoverage } from '../sample-coverage.js';

/**
 * What a metric by command leaves: its result, as the process that has the outputs on its disk runs
 * the command, too.
 */
export interface PredictionState {
  readonly kind: 'command';
  readonly coverage: SampleCoverage;
  /** Null before the command has run. */
  readonly result: MetricResult | null;
}

/**
 * The only state there is: one process has the outputs of all samples.
 *
 * @throws MetricError for several
 */
export function mergePredictionStates(states: readonly PredictionState[]): PredictionState {
  const [state, ...others] = states;
  if (state !== undefined && others.length === 0) return state;
  throw new MetricError(`Expected the outputs for a command in one part, got ${states.length}`);
}

/** @throws MetricError where the command has not run */
export function finishedResult({ result, coverage }: PredictionState): MetricResult {
  if (result !== null) return result;
  const evaluated = coverage.reduce((sum, flag) => sum + flag, 0);
  throw new MetricError(`Expected the result of a command over ${coverage.length} samples, got ${evaluated} samples`);
}
