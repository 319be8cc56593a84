import { hashNamedFiles } from '../formats/named-files.js';
import { taskFiles } from './task-files.js';
import { taskOf, type TaskSettings } from './task-settings.js';

/**
 * Returns the SHA-256, hex, of the code that scores a task: of a module its bytes; of a command its
 * words, where each that names a file, as seen from the experiment's folder, counts by its bytes.
 * What the code itself reads or imports is not seen. Of a task without code it is that of the files
 * of data that its settings name, such as ground truth; null without those.
 *
 * @throws DatasetError when the module or a file is missing
 */
export async function hashTask(task: TaskSettings): Promise<string | null> {
  const code = taskOf(task.kind).code(task);
  if (code !== null) return code.sha256();
  const files = taskFiles(task);
  return files.length === 0 ? null : hashNamedFiles(files);
}
