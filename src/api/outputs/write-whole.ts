import { existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { entryAt, writeFiles } from '../../export/write-files.js';
import { UsageError } from '../../errors/usage-error.js';

/**
 * Writes beside the target and renames, so that a reader never sees half a file; makes its folder
 * where it is missing.
 */
export function writeWhole(path: string, text: string): void {
  writeFiles([{ path, content: () => text }], true);
}

/**
 * Throws UsageError for an empty name, and where a file stands in the place or in the way of a
 * folder that an option names.
 */
export function requireFolder(path: string, option: string): void {
  if (path === '') throw new UsageError(`Expected a folder for ${option}, got an empty name.`);
  let place = resolve(path);
  for (; !existsSync(place); place = dirname(place)) {
    if (entryAt(place) === undefined) continue;
    throw new UsageError(`Expected a folder for ${option}, got "${place}", a link that leads nowhere.`);
  }
  if (!statSync(place).isDirectory()) throw new UsageError(`Expected a folder for ${option}, got the file "${place}".`);
}

/**
 * Throws UsageError where a folder stands in the place of a file that an option names, or a file in
 * that of its folder.
 */
export function requireFile(path: string, option: string): void {
  if (existsSync(path) && statSync(path).isDirectory()) {
    throw new UsageError(`Expected a file for ${option}, got the folder "${path}".`);
  }
  requireFolder(dirname(path), option);
}
