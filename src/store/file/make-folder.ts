import { accessSync, constants, existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/**
 * Makes a folder and those above it where they are missing. Throws the system's error: the one of
 * the folder that may not be written, where Node itself only says that the new one is not there (on
 * a read-only file system).
 *
 * One by one: Node's recursive way tries without end where the system says that a folder's parent
 * is missing although it is there, as below /proc.
 */
export function makeFolder(path: string): void {
  const missing: string[] = [];
  let there = resolve(path);
  for (; !existsSync(there); there = dirname(there)) missing.unshift(there);
  try {
    if (missing.length === 0) mkdirSync(there, { recursive: true });
    for (const folder of missing) makeOne(folder);
  } catch (error) {
    accessSync(there, constants.W_OK);
    throw error;
  }
}

/** Another process may have made it meanwhile. */
function makeOne(folder: string): void {
  try {
    mkdirSync(folder);
  } catch (error) {
    if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) throw error;
  }
}
