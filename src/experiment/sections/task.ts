import { toTask } from '../../tasks/task-settings.js';
import { taskSchema } from './task-schema.js';

export const taskSection = { schema: taskSchema };

/** The section with absolute paths. */
export const locateTask = toTask;
