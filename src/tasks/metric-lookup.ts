import type { MetricDefinition } from './metric-definition.js';
import { taskKinds, tasks } from './registry.js';

/**
 * What a metric of a task is, by the names in results; null where nothing is known of it, as of the
 * user's own.
 */
export function metricDefinition(kind: string | null, metric: string): MetricDefinition | null {
  const known = taskKinds.find((each) => each === kind);
  if (known === undefined) return null;
  const definitions: Readonly<Record<string, MetricDefinition>> = tasks[known].metrics;
  return Object.hasOwn(definitions, metric) ? definitions[metric]! : null;
}
