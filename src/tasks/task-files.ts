import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { FolderListing } from '../formats/format.js';
import { listFiles } from '../formats/io/list-files.js';
import { taskOf, type TaskSettings } from './task-settings.js';

/** A file or folder of data that a task's settings name, such as ground truth. */
export interface NamedTaskFile {
  readonly field: string;
  /** Absolute. */
  readonly path: string;
  /** How a folder is read; null: it is a file. */
  readonly listing: FolderListing | null;
}

/** Those that the settings do name. */
export function taskFiles(task: TaskSettings): readonly NamedTaskFile[] {
  return (taskOf(task.kind).files ?? []).flatMap(({ field, listing }) => {
    const path = (task as Readonly<Record<string, unknown>>)[field];
    return typeof path === 'string' ? [{ field, path, listing }] : [];
  });
}

/** Whether a result hangs on the bytes of code or data that the task's settings name. */
export function readsFiles(task: TaskSettings): boolean {
  return taskOf(task.kind).code(task) !== null || taskFiles(task).length > 0;
}

/**
 * Every file of them, with its place in the folder where it lies in one; in a fixed order.
 *
 * @throws DatasetError when a folder can't be listed, or has none
 */
export function filesOfTask(task: TaskSettings): readonly { readonly role: string; readonly path: string }[] {
  return taskFiles(task).flatMap(({ field, path, listing }) => {
    if (listing === null || statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) {
      return [{ role: field, path }];
    }
    return listFiles(path, listing.extensions, listing.depth).map((name) => ({
      role: `${field} ${name}`,
      path: join(path, name),
    }));
  });
}
