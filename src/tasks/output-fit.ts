import { misfitText, type OutputShape } from './output-shape.js';
import type { FitContext } from './task.js';
import { taskOf, type TaskSettings } from './task-settings.js';

/** What the evaluated outputs have to fit. */
export interface OutputContext extends FitContext {
  readonly task: TaskSettings;
  /** The model's other outputs: one of them may be what is meant. */
  readonly others?: readonly OutputShape[];
}

/**
 * Why outputs can't be scored by a task, as far as shapes tell, with what to do instead; null where
 * they can, or where what is known of the shapes does not tell.
 *
 * @param outputs those that are evaluated, one at least
 */
export function outputMisfit(outputs: readonly OutputShape[], context: OutputContext): string | null {
  const problem = taskOf(context.task.kind).misfit(context.task, outputs, context);
  if (problem === null) return null;
  const meant = problem.output ?? outputs[0]!;
  const names = new Set(outputs.map(({ name }) => name));
  const other = (context.others ?? []).find((shape) => !names.has(shape.name) && fitsSurely(shape, context));
  return misfitText(meant, problem, other);
}

/** Whether all that the task needs is known of a shape, and fits. */
function fitsSurely(shape: OutputShape, context: OutputContext): boolean {
  const task = taskOf(context.task.kind);
  if (!task.isChoosy || task.outputs === 'several') return false;
  return shape.dims.slice(1).every((length) => length !== null) && task.misfit(context.task, [shape], context) === null;
}
