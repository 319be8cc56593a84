import { readdirSync, readlinkSync, realpathSync, statSync, type Dirent, type Stats } from 'node:fs';
import { extname, join } from 'node:path';

import { DatasetError } from '../dataset-error.js';

/**
 * Returns the files below `folder` whose names end in one of `extensions` (lower case, with the
 * dot; the files' own case does not matter), as paths inside the folder with `/` between, sorted by
 * code units: the same order on every machine. Names that begin with a dot are left out. Links to
 * files and folders are followed.
 *
 * @param depth 1: the folder's own files only; 2: those of its sub-folders too, and so on
 * @throws DatasetError when there is no such folder or no such file in it, or a link leads back to
 *   a folder that holds it
 */
export function listFiles(folder: string, extensions: readonly string[], depth: number): readonly string[] {
  const found = allFiles(folder, depth);
  const files = found.filter((name) => hasExtension(name, extensions));
  if (files.length > 0) return files.sort();
  throw new DatasetError({
    expected: `a folder with files that end in ${extensions.join(', ')}`,
    got: found.length === 0 ? 'no files at all' : `${found.length} other files, such as ${found[0]!}`,
    where: folder,
  });
}

/**
 * Names of the direct sub-folders, links to folders among them, sorted by code units; not those
 * that begin with a dot.
 *
 * @throws DatasetError for a link whose target is gone: whether it is one of the folders nobody can
 *   tell
 */
export function listFolders(folder: string): readonly string[] {
  const entries = readFolder(folder).filter((entry) => !entry.name.startsWith('.'));
  const lost = entries.find((entry) => entry.isSymbolicLink() && targetOf(join(folder, entry.name)) === undefined);
  if (lost !== undefined) {
    throw new DatasetError({
      expected: 'links whose targets are there, as a folder is a class',
      got: `one to ${readlinkSync(join(folder, lost.name))}, which is not`,
      where: join(folder, lost.name),
      advice: 'Bring the target back, or take the link out of the folder.',
    });
  }
  return entries
    .filter((entry) => isFolder(join(folder, entry.name), entry))
    .map((entry) => entry.name)
    .sort();
}

/**
 * What {@link listFiles} leaves out, in words, such as
 * `3 files are left out (2 .webp, 1 .txt), such as a/b.webp`; null: nothing.
 *
 * @param known absolute paths of files that are read as something else
 */
export function leftOutNote(
  folder: string,
  extensions: readonly string[],
  depth: number,
  known: readonly (string | null)[] = [],
): string | null {
  const files = allFiles(folder, depth).filter(
    (name) => !hasExtension(name, extensions) && !known.includes(join(folder, name)),
  );
  if (files.length === 0) return null;
  const kinds = new Map<string, number>();
  for (const name of files) {
    const kind = extname(name).toLowerCase() || 'without an ending';
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  const counted = [...kinds].sort(([, a], [, b]) => b - a).map(([kind, count]) => `${count} ${kind}`);
  const list = counted.slice(0, 5).join(', ') + (counted.length > 5 ? ', ...' : '');
  const [are, first] = [files.length === 1 ? 'file is' : 'files are', files.sort()[0]!];
  return `${files.length} other ${are} left out (${list}), such as ${first}`;
}

function hasExtension(name: string, extensions: readonly string[]): boolean {
  return extensions.some((extension) => name.toLowerCase().endsWith(extension));
}

function allFiles(folder: string, depth: number): string[] {
  const found: string[] = [];
  collect(folder, '', depth, [], found);
  return found;
}

/**
 * @param above real paths of the folders that hold this one; empty as long as no link was followed
 */
function collect(folder: string, prefix: string, depth: number, above: readonly string[], found: string[]): void {
  const here = join(folder, prefix);
  for (const entry of readFolder(here)) {
    if (entry.name.startsWith('.')) continue;
    const path = `${prefix}${entry.name}`;
    if (!isFolder(join(folder, path), entry)) found.push(path);
    else if (depth > 1) collect(folder, `${path}/`, depth - 1, entry.isSymbolicLink() ? beyondLink() : above, found);

    function beyondLink(): readonly string[] {
      const target = realpathSync(join(folder, path));
      const holders = [...above, realpathSync(here)];
      if (holders.every((holder) => holder !== target && !holder.startsWith(`${target}/`))) return holders;
      throw new DatasetError({
        expected: 'links that lead to other folders',
        got: `one back to ${target}, which holds it`,
        where: join(folder, path),
        advice: 'Take the link out of the folder.',
      });
    }
  }
}

/** Of a link whose target is missing false: reading it says so. */
function isFolder(path: string, entry: Dirent): boolean {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  return targetOf(path)?.isDirectory() === true;
}

/** What a link leads to; undefined where that is missing, or links lead round in a circle. */
function targetOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ELOOP') return undefined;
    throw cause;
  }
}

function readFolder(path: string): Dirent[] {
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch (cause) {
    const got = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    const advice = 'Check the path; in an experiment file it is relative to that file.';
    throw new DatasetError({ expected: 'a readable folder', got, where: path, advice }, { cause });
  }
}
