import { join } from 'node:path';
import { DatasetError } from '../dataset-error.js';
import { openFile } from '../io/file-source.js';
import { listFolders } from '../io/list-files.js';

/** More than any data set's; a larger file is none of names. */
const MOST_LIST_BYTES = 2 ** 24;

/**
 * A file with a class name a line, or the names themselves; null: the sub-folders of the folder.
 */
export type ClassList = string | readonly string[] | null;

/**
 * Names of the classes in the order of their labels: those given, or all direct sub-folders, sorted
 * by code units, whether they hold files or not, as torchvision's ImageFolder numbers them. Empty
 * where the folder has none.
 *
 * @throws DatasetError for a list that is empty, too long or names a class twice
 */
export function folderClasses(folder: string, given: ClassList): readonly string[] {
  if (given === null) return listFolders(folder);
  const where = typeof given === 'string' ? given : `classes of ${folder}`;
  const names = typeof given === 'string' ? readNames(given) : given;
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (names.length > 0 && twice === undefined) return names;
  throw new DatasetError({
    expected: 'one or more class names, each once',
    got: twice === undefined ? 'none' : `"${twice}" twice`,
    where,
  });
}

function readNames(path: string): readonly string[] {
  const file = openFile(path);
  try {
    if (file.sizeBytes > MOST_LIST_BYTES) {
      const expected = `a list of class names of at most ${MOST_LIST_BYTES} bytes`;
      throw new DatasetError({ expected, got: String(file.sizeBytes), where: path });
    }
    const bytes = Buffer.alloc(file.sizeBytes);
    file.read(0, bytes);
    const lines = bytes
      .toString('utf8')
      .replace(/^\ufeff/, '')
      .split('\n');
    return lines.map((line) => line.trim()).filter((line) => line !== '');
  } finally {
    file.close();
  }
}

/**
 * The label of each file: the position of its first sub-folder's name among the classes; null where
 * no file lies in a sub-folder and no classes are given.
 *
 * @param files paths inside the folder
 * @param what they are, for messages: `images`
 * @throws DatasetError where some files lie in sub-folders and some don't, or a sub-folder is no
 *   class
 */
export function labelsByFolder(
  folder: string,
  files: readonly string[],
  given: ClassList,
  what: string,
): Int32Array | null {
  const inFolder = files.map((name) => (name.includes('/') ? name.slice(0, name.indexOf('/')) : null));
  const loose = inFolder.indexOf(null);
  if (given === null && inFolder.every((name) => name === null)) return null;
  if (loose >= 0) {
    throw new DatasetError({
      expected:
        given === null
          ? `all ${what} in sub-folders, whose names are the classes, or none`
          : `all ${what} in sub-folders that classes names`,
      got: `${files[loose]!} outside them`,
      where: folder,
      advice: 'Move it, or give the classes by labels, a CSV of path and label.',
    });
  }
  const classes = folderClasses(folder, given);
  const positions = new Map(classes.map((name, index) => [name, index]));
  return Int32Array.from(inFolder, (name, index) => {
    const position = positions.get(name!);
    if (position !== undefined) return position;
    const list = classes.slice(0, 5).join(', ');
    throw new DatasetError({
      expected: `a folder that is one of the ${classes.length} classes (${list}${classes.length > 5 ? ', ...' : ''})`,
      got: name!,
      where: join(folder, files[index]!),
      advice: 'Add it to classes, or take the folder out.',
    });
  });
}

/**
 * What is told of a folder's classes: those without a file. Null where all have some, or a list was
 * given.
 *
 * @param what a file is, for the note: `image`
 */
export function emptyClassesNote(
  folder: string,
  labels: Int32Array | null,
  given: ClassList,
  what: string,
): string | null {
  if (labels === null || given !== null) return null;
  const classes = folderClasses(folder, null);
  const seen = new Set(labels);
  const empty = classes.filter((_, index) => !seen.has(index));
  if (empty.length === 0) return null;
  const names = empty.slice(0, 5).join(', ') + (empty.length > 5 ? ', ...' : '');
  return `${empty.length} of ${classes.length} class folders hold no ${what} and keep their numbers: ${names}`;
}
