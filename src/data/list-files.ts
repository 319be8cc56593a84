import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import { DatasetError } from './dataset-error.js';

/**
 * Returns the files below `folder` whose names end in one of `extensions` (lower case, with the dot; the files' own case
 * does not matter), as paths inside the folder with `/` between, sorted by code units: the same order on every machine.
 * Names that begin with a dot are left out.
 *
 * @param depth 1: the folder's own files only; 2: those of its sub-folders too, and so on
 * @throws DatasetError when there is no such folder or no such file in it
 */
export function listFiles(folder: string, extensions: readonly string[], depth: number): readonly string[] {
  const found: string[] = [];
  collect(folder, '', depth, found);
  const files = found.filter((name) => extensions.some((extension) => name.toLowerCase().endsWith(extension)));
  if (files.length > 0) return files.sort();
  throw new DatasetError({
    expected: `a folder with files that end in ${extensions.join(', ')}`,
    got: found.length === 0 ? 'no files at all' : `${found.length} other files, such as ${found[0]!}`,
    where: folder,
  });
}

function collect(folder: string, prefix: string, depth: number, found: string[]): void {
  for (const entry of readFolder(join(folder, prefix))) {
    if (entry.name.startsWith('.')) continue;
    const path = `${prefix}${entry.name}`;
    // Links are followed when the file is opened; a link to a folder is not descended into, so there are no loops.
    if (!entry.isDirectory()) found.push(path);
    else if (depth > 1) collect(folder, `${path}/`, depth - 1, found);
  }
}

function readFolder(path: string) {
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch (cause) {
    const got = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    const advice = 'Check the path; in an experiment file it is relative to that file.';
    throw new DatasetError({ expected: 'a readable folder', got, where: path, advice }, { cause });
  }
}
