import { InputError } from '../errors/input-error.js';
import { MetricError } from '../tasks/metric-error.js';
import type { TaskSurroundings } from '../tasks/task.js';
import { taskOf, type TaskSettings } from '../tasks/task-settings.js';

/**
 * Lets a task read what outputs are held against and check that it fits the samples.
 *
 * @param prefix where the task was written, and of which trial it is
 * @returns what a person should know of it
 * @throws InputError or DatasetError saying what does not fit
 */
export async function inspectTask(
  task: TaskSettings,
  surroundings: TaskSurroundings,
  prefix: string,
): Promise<readonly string[]> {
  try {
    return (await taskOf(task.kind).inspect?.(task, surroundings)) ?? [];
  } catch (cause) {
    if (!(cause instanceof MetricError)) throw cause;
    throw new InputError(`${prefix}${cause.message}`, { cause });
  }
}
