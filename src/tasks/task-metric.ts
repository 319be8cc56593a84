import { createMetric, finishMetric } from './create-metric.js';
import { MetricError } from './metric-error.js';
import type { Metric, MetricContext, MetricResult, MetricState } from './metric.js';
import type { TaskSettings } from './task-settings.js';
import { createCommandMetric, finishCommandMetric } from './command/command-metric.js';
import { finishModuleMetric, openModuleMetric } from './module/module-metric.js';

/** The metric of any task, also of those that run code of the user's own; otherwise as {@link Metric}. */
export interface TaskMetric {
  /** `add` wants the FP32 model's output of the same samples. */
  readonly needsReference: boolean;
  add(...args: Parameters<Metric['add']>): void | Promise<void>;
  /** As {@link Metric.isRight}. */
  readonly isRight?: (sample: number) => boolean;
  state(): MetricState;
  finish(): Promise<MetricResult>;
}

/**
 * Opens the metric of `task`.
 *
 * @throws MetricError when the context lacks what the task needs; CustomCodeError or DatasetError for a module that does
 *   not work
 */
export async function openTaskMetric(task: TaskSettings, context: MetricContext): Promise<TaskMetric> {
  if (task.kind === 'module') return openModuleMetric(task, context);
  if (task.kind === 'command') return createCommandMetric(task, context);
  const metric = createMetric(task, context);
  return {
    needsReference: task.kind === 'fidelity',
    add: (...args) => {
      metric.add(...args);
    },
    ...(metric.isRight === undefined ? {} : { isRight: metric.isRight }),
    state: () => metric.state(),
    finish: () => Promise.resolve(metric.finish()),
  };
}

/**
 * The result over all samples of `state`, which several children may have gathered.
 *
 * @param signal ends a command that is still at work
 * @throws as {@link openTaskMetric}, and MetricError when a sample is missing or the state is of another task
 */
export async function finishTask(
  task: TaskSettings,
  context: MetricContext,
  state: MetricState,
  signal: AbortSignal,
): Promise<MetricResult> {
  if (task.kind === 'module' && state.kind === 'module') return finishModuleMetric(task, context, state);
  if (task.kind === 'command' && state.kind === 'command') return finishCommandMetric(task, context, state, signal);
  if (task.kind === 'module' || task.kind === 'command') {
    throw new MetricError(`Expected the state of a ${task.kind} task, got that of ${state.kind}`);
  }
  return finishMetric(task, context, state);
}
