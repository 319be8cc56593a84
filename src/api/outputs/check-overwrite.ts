import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { entryAt } from '../../export/write-files.js';
import { fileIdentity } from '../../store/file/file-identity.js';
import { UsageError } from '../../errors/usage-error.js';

/**
 * In every file of text that quantsweep writes for people, but for pages and JSON, which have marks
 * of their own.
 */
const mark = 'Written by quantsweep.';

/** Closes a Markdown file or follows the root element of an SVG; no reader shows it. */
export const markComment = `<!-- ${mark} -->\n`;

/** The first line of a style sheet or script. */
export const markLine = `/* ${mark} */\n`;

const ownMarks = [mark, '<meta name="generator" content="quantsweep">', '{"format":"quantsweep-'];

/** Marks are within so many bytes of the beginning or the end of a file. */
const MARKED_BYTES = 4096;

/** What a command must leave alone, and where it must ask. */
export interface OverwriteRule {
  /** Overwrite files that quantsweep did not write, too. */
  readonly force: boolean;
  /** Files that the command reads. They are never overwritten. */
  readonly inputs: readonly string[];
}

/**
 * Throws UsageError where writing `paths` would overwrite a file that quantsweep did not write, a
 * link, anything that is no file, or an input of the command. Called before the first of them is
 * written.
 */
export function checkOverwrite(paths: readonly string[], { force, inputs }: OverwriteRule): void {
  const kept = new Map(inputs.map((path) => [fileIdentity(path), path]));
  kept.delete(null);
  for (const path of paths) {
    const there = entryAt(path);
    if (there === undefined) continue;
    const input = kept.get(fileIdentity(path));
    if (input !== undefined) {
      throw new UsageError(`Expected another file to write than ${input}, which is read, got ${path}.`);
    }
    if (there.isDirectory()) throw new UsageError(`Expected a file to write, got the folder ${path}.`);
    if (force && (there.isFile() || there.isSymbolicLink())) continue;
    if (!isOwnFile(path)) {
      const what = there.isSymbolicLink() ? 'a link' : there.isFile() ? 'a file that it did not write' : 'no file';
      throw new UsageError(
        `quantsweep overwrites what it wrote and nothing else; at ${path} is ${what}. ` +
          (there.isFile() || there.isSymbolicLink()
            ? 'Give another place, or --force to overwrite it.'
            : 'Give another place.'),
      );
    }
  }
}

/** A database and the files that SQLite and its lock keep beside it. */
export function databaseFiles(path: string): readonly string[] {
  return [path, `${path}-wal`, `${path}-shm`, `${path}-journal`, `${path}.lock`];
}

/**
 * Whether there is a file at the path that quantsweep wrote, by the mark that is in it. A link is
 * never that.
 */
export function isOwnFile(path: string): boolean {
  if (entryAt(path)?.isFile() !== true) return false;
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    const ends = [readAt(file, 0), readAt(file, Math.max(0, size - MARKED_BYTES))];
    return ends.some((text) => ownMarks.some((own) => text.includes(own)));
  } finally {
    closeSync(file);
  }
}

function readAt(file: number, position: number): string {
  const bytes = Buffer.alloc(MARKED_BYTES);
  return bytes.toString('utf8', 0, readSync(file, bytes, 0, MARKED_BYTES, position));
}
