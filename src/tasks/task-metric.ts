import type { GatheredState, MetricContext, MetricResult, TaskMetric } from './metric.js';
import { MetricError } from './metric-error.js';
import type { tasks, TaskKind } from './registry.js';
import { taskOf, type TaskSettings } from './task-settings.js';

type StateOf<Definition> = Definition extends { merge(states: never): infer State } ? State : never;

/** What the metric of any task has gathered. */
export type MetricState = StateOf<(typeof tasks)[TaskKind]>;

/**
 * Opens the metric of `task`. One process may take all outputs and finish; or several take disjoint
 * samples, each with the same context, and the parent merges their states:
 *
 *   openTaskMetric -> add .. add -> finish
 *   openTaskMetric -> add .. add -> state  (one in each child)  -> mergeMetricStates -> finishTask
 *
 * Both give the same result, whatever the split.
 *
 * @throws MetricError when the context lacks what the task needs; CustomCodeError or DatasetError
 *   for a module that does not work
 */
export async function openTaskMetric(task: TaskSettings, context: MetricContext): Promise<TaskMetric<MetricState>> {
  return (await taskOf(task.kind).open(task, context)) as TaskMetric<MetricState>;
}

/**
 * Returns one state with the samples of all `states`, at least one.
 *
 * @throws MetricError when they are of different tasks or a sample is in two of them.
 */
export function mergeMetricStates(states: readonly GatheredState[]): MetricState {
  const [first] = states;
  if (first === undefined || states.some(({ kind }) => kind !== first.kind)) {
    throw new MetricError(`Expected states of one task, at least one, got ${states.length} of several kinds or none`);
  }
  return taskOf(first.kind as TaskKind).merge(states) as MetricState;
}

/**
 * The result over all samples of `state`, which several children may have gathered.
 *
 * @param signal ends a command that is still at work
 * @throws as {@link openTaskMetric}, and MetricError when a sample is missing or the state is of
 *   another task
 */
export async function finishTask(
  task: TaskSettings,
  context: MetricContext,
  state: GatheredState,
  signal: AbortSignal,
): Promise<MetricResult> {
  if (task.kind !== state.kind) {
    throw new MetricError(`Expected the state of a ${task.kind} task, got that of ${state.kind}`);
  }
  return taskOf(task.kind).finish(task, context, state, signal);
}
