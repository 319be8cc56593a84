import { resolve } from 'node:path';
import type { z } from 'zod';
import type { JsonObject } from '../../formats/json-value.js';
import type { TaskSettings } from '../../tasks/task-settings.js';
import type { Immutable } from './immutable.js';
import { taskSchema } from './task-schema.js';

export type WrittenTask = Immutable<z.output<typeof taskSchema>>;

export const taskSection = { schema: taskSchema };

/** The section with absolute paths. */
export function locateTask(task: WrittenTask, folder: string): TaskSettings {
  switch (task.kind) {
    case 'classification':
    case 'centerDetection':
    case 'fidelity':
      return task;
    case 'module':
      return { ...task, path: resolve(folder, task.path), options: task.options as JsonObject };
    case 'command':
      return { ...task, folder };
  }
}
