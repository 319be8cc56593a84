import { accessSync, constants, existsSync, mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/**
 * Makes a folder and those above it where they are missing. Throws the system's error: the one of the folder that may
 * not be written, where Node itself only says that the new one is not there (on a read-only file system).
 */
export function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
  } catch (error) {
    let there = resolve(path);
    while (!existsSync(there)) there = dirname(there);
    accessSync(there, constants.W_OK);
    throw error;
  }
}
