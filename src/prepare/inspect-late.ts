import type { Settings } from '../experiment/sections/settings.js';
import type { TaskSurroundings } from '../tasks/task.js';
import type { CheckedOutputs } from './check-outputs.js';
import { inspectTask } from './inspect-task.js';

/**
 * A task whose outputs have lengths that the model does not state: a run has to show them first.
 */
export interface LateTask {
  readonly settings: Settings;
  readonly surroundings: TaskSurroundings;
  /** Where the task was written, and of which trial it is. */
  readonly prefix: string;
  /** Its place among the notes. */
  readonly at: number;
}

/**
 * Inspects tasks with the shapes that a run has shown.
 *
 * @param notes those of everything else
 * @returns the notes with those of the tasks in their places
 * @throws InputError or DatasetError saying what does not fit
 */
export async function inspectLate(
  tasks: readonly LateTask[],
  notes: readonly string[],
  checked: readonly CheckedOutputs[],
): Promise<readonly string[]> {
  const all = [...notes];
  let added = 0;
  for (const { settings, surroundings, prefix, at } of tasks) {
    const shown = checked.find((each) => isOf(each, settings))?.outputs ?? [];
    const isShown = shown.length > 0 && shown.every(({ dims }) => dims.length > 1 || dims[0] !== null);
    const outputs = isShown ? shown : surroundings.outputs;
    for (const note of await inspectTask(settings.task, { ...surroundings, outputs }, prefix)) {
      if (all.includes(note)) continue;
      all.splice(at + added, 0, note);
      added += 1;
    }
  }
  return all;
}

function isOf({ model, task, evaluation, preprocess }: CheckedOutputs, { data, ...own }: Settings): boolean {
  const id = JSON.stringify([own.model, own.task, data.evaluation, data.preprocess]);
  return JSON.stringify([model, task, evaluation, preprocess]) === id;
}
