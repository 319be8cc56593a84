import { z } from 'zod';
import { file, filePaths, listOf, text } from '../../schema/schema-leaves.js';
import type { Settled } from '../../schema/settled.js';
import { DatasetError } from '../dataset-error.js';
import { closeAfter } from '../io/closing.js';
import { openFile } from '../io/file-source.js';
import { emptyClassesNote, labelsByFolder } from './folder-classes.js';
import { readLabelCsv } from './label-csv.js';

const classList = 'the path of a text file with a class name a line, or a list of class names';

/** Where the classes of a folder's files come from. */
export const folderLabelSettings = {
  labels: file('the path of a .csv file', 'CSV of path and label; null: the class is the name of the sub-folder.')
    .nullable()
    .default(null),
  classes: z
    .union(
      [
        file(classList, 'A text file.'),
        listOf(text('a class name', 'A name.'), classList, 'Class names in the order of their labels.'),
      ],
      { error: classList },
    )
    .register(filePaths, { kind: 'file' })
    .describe('Class names in label order: a text file with one per line, or a list; null: all sub-folders, sorted.')
    .nullable()
    .default(null),
};

type Settings = Settled<typeof folderLabelSettings>;

/** `classes` is absent where all sub-folders are. */
export interface FolderLabelSource extends Pick<Settings, 'labels'> {
  readonly classes?: NonNullable<Settings['classes']>;
}

/** @param absolute a path of the file as an absolute one */
export function locateFolderLabels(
  { labels, classes }: Settings,
  absolute: (path: string) => string,
): FolderLabelSource {
  return {
    labels: labels === null ? null : absolute(labels),
    ...(classes === null ? {} : { classes: typeof classes === 'string' ? absolute(classes) : classes }),
  };
}

/** Labels of a folder's files, and what a person should know of them. */
export interface FolderLabels {
  /** `[files]`; null where nothing gives classes. */
  readonly labels: Int32Array | null;
  readonly notes: readonly string[];
}

/**
 * The classes of a folder's files: from the CSV, or the position of the first sub-folder's name
 * among the classes given, or among all sub-folders, sorted; files in the folder itself have none.
 *
 * @param files paths inside the folder
 * @param what a file is, for messages: `image`
 * @throws DatasetError when CSV, classes and files don't fit each other
 */
export function openFolderLabels(
  { path, labels: csv, classes }: FolderLabelSource & { readonly path: string },
  files: readonly string[],
  what: string,
): FolderLabels {
  const given = classes ?? null;
  if (csv === null) {
    const labels = labelsByFolder(path, files, given, `${what}s`);
    const note = emptyClassesNote(path, labels, given, what);
    return { labels, notes: note === null ? [] : [note] };
  }
  if (given === null) return { labels: closeAfter(openFile(csv), (source) => readLabelCsv(source, files)), notes: [] };
  throw new DatasetError({
    expected: 'either labels, a CSV with a number for each file, or classes, which number the sub-folders',
    got: 'both',
    where: path,
    advice: 'Leave one of them out.',
  });
}
