import { metricDefinition } from '../../tasks/metric-lookup.js';
import { metricText, type MetricText } from '../number-text.js';

/**
 * How the values of a metric of a task are written.
 *
 * @param task its kind; null where it is not known
 * @param values that stand side by side and are to be told apart
 */
export function metricTextOf(
  task: string | null,
  metric: string,
  samples: number | null = null,
  values: readonly number[] = [],
): MetricText {
  return metricText(metric, samples, metricDefinition(task, metric), values);
}

/** The kind of the task in the stored settings of a trial; null where they have none. */
export function taskKindOf(settings: unknown): string | null {
  const { task } = (settings ?? {}) as { readonly task?: { readonly kind?: unknown } };
  return typeof task?.kind === 'string' ? task.kind : null;
}
