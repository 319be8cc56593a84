import { MetricError } from '../metric-error.js';
import type { TaskSurroundings } from '../task.js';
import { classAxis } from './axis-agreement.js';
import { fullFidelity, type FidelityTask } from './fidelity-settings.js';
import { requireNamedOutput } from './require-named-output.js';

/**
 * Checks that the output that trials are ranked by is evaluated, and has the axis that they are
 * compared along.
 *
 * @returns along which axis each output's classes are compared, where trials are ranked by that
 * @throws MetricError
 */
export function inspectFidelity(task: FidelityTask, { outputs }: TaskSurroundings): readonly string[] {
  const { primary, primaryOutput, argmaxAxis, topK } = fullFidelity(task);
  const names = outputs.map(({ name }) => name);
  const isNamed = primaryOutput !== 'worst' && primaryOutput !== 'mean';
  if (isNamed && names.length > 0) requireNamedOutput(primaryOutput, names);
  if (primary !== 'argmaxAgreement' && primary !== 'topKAgreement') return [];
  const judged = outputs.filter(({ name }) => !isNamed || name === primaryOutput);
  const along = judged.flatMap(({ name, dims }) => {
    const axis = classAxis(dims, argmaxAxis);
    const classes = axis === null ? null : dims[axis];
    if (axis === null) return [];
    if (primary === 'topKAgreement' && typeof classes === 'number' && classes <= topK) return [];
    return [`"${name}" along axis ${axis} (${classes ?? 'any number of'} classes)`];
  });
  if (along.length > 0) return [`fidelity: ${primary} compares ${along.join(', ')}`];
  if (judged.length === 0) return [];
  const shapes = judged.map(({ name, dims }) => `"${name}" [${dims.map((each) => each ?? 'any').join(', ')}]`);
  throw new MetricError(
    `Expected an output with a class axis${primary === 'topKAgreement' ? ` of more than ${topK} classes` : ''} for task.primary: ${primary}, got ${shapes.join(', ')}. Name the axis in task.argmaxAxis${primary === 'topKAgreement' ? ', or lower task.topK' : ''}.`,
  );
}
