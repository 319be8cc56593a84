import type { NamedFile } from '../formats/named-files.js';
import { taskOf, type TaskSettings } from './task-settings.js';

/** The files and folders of data that a task's settings name, such as ground truth. */
export function taskFiles(task: TaskSettings): readonly NamedFile[] {
  return (taskOf(task.kind).files ?? []).flatMap(({ field, listing }) => {
    const path = (task as Readonly<Record<string, unknown>>)[field];
    return typeof path === 'string' ? [{ field, path, listing }] : [];
  });
}

/** Whether a result hangs on the bytes of code or data that the task's settings name. */
export function readsFiles(task: TaskSettings): boolean {
  return taskOf(task.kind).code(task) !== null || taskFiles(task).length > 0;
}
