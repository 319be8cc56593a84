import { MetricError } from '../metric-error.js';

/** @throws MetricError unless the output that trials are ranked by is among the evaluated ones */
export function requireNamedOutput(name: string, outputs: readonly string[]): void {
  if (outputs.includes(name)) return;
  throw new MetricError(
    `Expected task.primaryOutput to be worst, mean or an evaluated output (${outputs.join(', ')}), got ${name}. Outputs are named in model.outputs.`,
  );
}
