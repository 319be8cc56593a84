import { closeSync, lstatSync, openSync, renameSync, rmSync, statSync, writeFileSync, type Stats } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { InputError } from '../errors/input-error.js';
import { makeFolder } from '../store/file/make-folder.js';

/** A file to be written; its content is made only once all paths were found fit. */
export interface NewFile {
  readonly path: string;
  /** Pieces are written one after the other: together they may be more than one buffer holds. */
  readonly content: () => Uint8Array | string | readonly Uint8Array[];
}

/**
 * Writes the files, each whole or not at all: beside its target, then renamed. All are written
 * before the first is renamed, so that a failure of one leaves every target as it was.
 *
 * @throws InputError before anything is written: two files of one path, a folder, or (without
 *   `overwrite`) a file that is there
 */
export function writeFiles(files: readonly NewFile[], overwrite: boolean): void {
  checkTargets(files, overwrite);
  const written: { readonly temporary: string; readonly path: string }[] = [];
  try {
    for (const { path, content } of files) {
      const temporary = `${path}.${process.pid}.tmp`;
      makeFolder(dirname(path));
      written.push({ temporary, path });
      // Not through a link that somebody has put there.
      rmSync(temporary, { force: true });
      writePieces(temporary, content());
    }
    for (const { temporary, path } of written) renameSync(temporary, path);
  } finally {
    for (const { temporary } of written) rmSync(temporary, { force: true });
  }
}

function writePieces(path: string, content: Uint8Array | string | readonly Uint8Array[]): void {
  if (typeof content === 'string' || content instanceof Uint8Array) {
    writeFileSync(path, content, { flag: 'wx' });
    return;
  }
  const file = openSync(path, 'wx');
  try {
    for (const piece of content) writeFileSync(file, piece);
  } finally {
    closeSync(file);
  }
}

/**
 * What is at the path, links not followed; undefined where nothing is, also where a parent is a
 * file.
 */
export function entryAt(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) {
      return undefined;
    }
    throw error;
  }
}

function checkTargets(files: readonly NewFile[], overwrite: boolean): void {
  const seen = new Set<string>();
  for (const { path } of files) {
    if (seen.has(resolve(path))) throw new InputError(`Expected a path of its own for each file, got ${path} twice.`);
    seen.add(resolve(path));
    if (entryAt(path) === undefined) continue;
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true)
      throw new InputError(`Expected a file to write, got a folder: ${path}.`);
    if (!overwrite) throw new InputError(`${path} exists already. Give another path, or --force to overwrite it.`);
  }
}
