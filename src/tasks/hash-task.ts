import { taskOf, type TaskSettings } from './task-settings.js';

/**
 * Returns the SHA-256, hex, of the code that scores a task: of a module its bytes; of a command its
 * words, where each that names a file, as seen from the experiment's folder, counts by its bytes.
 * Null for tasks without code of the user's own. What the code itself reads or imports is not seen.
 *
 * @throws DatasetError when the module is missing
 */
export async function hashTask(task: TaskSettings): Promise<string | null> {
  return taskOf(task.kind).code(task)?.sha256() ?? null;
}
