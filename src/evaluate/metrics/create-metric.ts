import type { TaskSettings } from '../../experiment/settings.js';
import { createCenterDetection, finishCenterDetection } from './center-detection.js';
import { mergeCenterDetectionStates, type CenterDetectionState } from './center-detection-state.js';
import { createClassification, finishClassification } from './classification.js';
import { mergeClassificationStates, type ClassificationState } from './classification-state.js';
import type { Metric, MetricContext, MetricResult, MetricState } from './metric.js';
import { MetricError } from './metric-error.js';

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
export function createMetric(task: TaskSettings, context: MetricContext): Metric {
  switch (task.kind) {
    case 'classification':
      return createClassification(context);
    case 'centerDetection':
      return createCenterDetection(task, context);
  }
}

/**
 * Returns one state with the samples of all `states`, at least one.
 *
 * @throws MetricError when they are of different tasks or a sample is in two of them.
 */
export function mergeMetricStates(states: readonly MetricState[]): MetricState {
  const classifications: ClassificationState[] = [];
  const centerDetections: CenterDetectionState[] = [];
  for (const state of states) {
    if (state.kind === 'classification') classifications.push(state);
    else centerDetections.push(state);
  }
  if ((classifications.length === 0) === (centerDetections.length === 0)) {
    throw new MetricError(`Expected states of one task, at least one, got ${states.length} of both kinds or none`);
  }
  return classifications.length > 0
    ? mergeClassificationStates(classifications)
    : mergeCenterDetectionStates(centerDetections);
}

/**
 * Returns the metric of `task` over all samples of `state`.
 *
 * @throws MetricError when a sample is missing or the state is of another task.
 */
export function finishMetric(task: TaskSettings, context: MetricContext, state: MetricState): MetricResult {
  if (task.kind === 'classification' && state.kind === 'classification') return finishClassification(context, state);
  if (task.kind === 'centerDetection' && state.kind === 'centerDetection') {
    return finishCenterDetection(task, context, state);
  }
  throw new MetricError(`Expected the state of a ${task.kind} task, got that of ${state.kind}`);
}
