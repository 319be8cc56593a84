import type { TaskSettings } from './task-settings.js';
import { createCenterDetection, finishCenterDetection } from './center-detection/center-detection.js';
import { mergeCenterDetectionStates } from './center-detection/center-detection-state.js';
import { createClassification, finishClassification } from './classification/classification.js';
import { mergeClassificationStates } from './classification/classification-state.js';
import { mergeEvidenceStates } from './module/evidence-state.js';
import { createFidelity, finishFidelity } from './fidelity/fidelity.js';
import { mergeFidelityStates } from './fidelity/fidelity-state.js';
import type { Metric, MetricContext, MetricResult, MetricState } from './metric.js';
import { MetricError } from './metric-error.js';
import { mergePredictionStates } from './command/prediction-state.js';

/** Tasks that are scored without code of the user's own. */
export type BuiltInTask = Exclude<TaskSettings, { kind: 'module' | 'command' }>;

/**
 * Returns the metric of `task`. One process may take all outputs and finish; or several take disjoint samples, each with
 * the same context, and the parent merges their states:
 *
 *   createMetric -> add .. add -> finish
 *   createMetric -> add .. add -> state  (one in each child)  -> mergeMetricStates -> finishMetric
 *
 * Both give the same result, whatever the split.
 *
 * @throws MetricError when the context lacks what the task needs.
 */
export function createMetric(task: BuiltInTask, context: MetricContext): Metric {
  switch (task.kind) {
    case 'classification':
      return createClassification(context);
    case 'centerDetection':
      return createCenterDetection(task, context);
    case 'fidelity':
      return createFidelity(task, context);
  }
}

/**
 * Returns one state with the samples of all `states`, at least one.
 *
 * @throws MetricError when they are of different tasks or a sample is in two of them.
 */
export function mergeMetricStates(states: readonly MetricState[]): MetricState {
  const [kind] = new Set(states.map((state) => state.kind));
  if (kind === undefined || states.some((state) => state.kind !== kind)) {
    throw new MetricError(`Expected states of one task, at least one, got ${states.length} of several kinds or none`);
  }
  switch (kind) {
    case 'classification':
      return mergeClassificationStates(states.filter((state) => state.kind === kind));
    case 'centerDetection':
      return mergeCenterDetectionStates(states.filter((state) => state.kind === kind));
    case 'fidelity':
      return mergeFidelityStates(states.filter((state) => state.kind === kind));
    case 'module':
      return mergeEvidenceStates(states.filter((state) => state.kind === kind));
    case 'command':
      return mergePredictionStates(states.filter((state) => state.kind === kind));
  }
}

/**
 * Returns the metric of `task` over all samples of `state`.
 *
 * @throws MetricError when a sample is missing or the state is of another task.
 */
export function finishMetric(task: BuiltInTask, context: MetricContext, state: MetricState): MetricResult {
  if (task.kind === 'classification' && state.kind === 'classification') return finishClassification(context, state);
  if (task.kind === 'centerDetection' && state.kind === 'centerDetection') {
    return finishCenterDetection(task, context, state);
  }
  if (task.kind === 'fidelity' && state.kind === 'fidelity') return finishFidelity(task, context, state);
  throw new MetricError(`Expected the state of a ${task.kind} task, got that of ${state.kind}`);
}
