import { misfitText, type OutputShape } from './output-shape.js';
import type { FitContext } from './task.js';
import { taskOf, type TaskSettings } from './task-settings.js';

/** What the evaluated output has to fit. */
export interface OutputContext extends FitContext {
  readonly task: TaskSettings['kind'];
  /** The model's other outputs: one of them may be what is meant. */
  readonly others?: readonly OutputShape[];
}

/**
 * Why an output can't be scored by a task, as far as shapes tell, with what to do instead; null
 * where it can, or where what is known of the shape does not tell.
 */
export function outputMisfit(output: OutputShape, context: OutputContext): string | null {
  const problem = taskOf(context.task).misfit(output.dims, context);
  if (problem === null) return null;
  const other = (context.others ?? []).find(({ name, dims }) => name !== output.name && fitsSurely(dims, context));
  return misfitText(output, problem, other);
}

/** Whether all that the task needs is known of a shape, and fits. */
function fitsSurely(dims: OutputShape['dims'], context: OutputContext): boolean {
  const task = taskOf(context.task);
  return task.isChoosy && dims.slice(1).every((length) => length !== null) && task.misfit(dims, context) === null;
}
