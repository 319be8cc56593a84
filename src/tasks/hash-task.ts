import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { resolve } from 'node:path';

import type { TaskSettings } from './task-settings.js';
import { hashFile } from '../formats/hash-source.js';

/**
 * Returns the SHA-256, hex, of the code that scores a task: of a module its bytes; of a command its words, where each
 * that names a file, as seen from the experiment's folder, counts by its bytes. Null for tasks without code of the
 * user's own. What the code itself reads or imports is not seen.
 *
 * @throws DatasetError when the module is missing
 */
export async function hashTask(task: TaskSettings): Promise<string | null> {
  switch (task.kind) {
    case 'classification':
    case 'centerDetection':
    case 'fidelity':
      return null;
    case 'module':
      return hashFile(task.path);
    case 'command': {
      const words = await Promise.all(
        task.command.map(async (word) => {
          const path = resolve(task.folder, word);
          return statSync(path, { throwIfNoEntry: false })?.isFile() === true
            ? { file: await hashFile(path) }
            : { word };
        }),
      );
      return createHash('sha256').update(JSON.stringify(words)).digest('hex');
    }
  }
}
