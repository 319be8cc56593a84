import { dirname, join } from 'node:path';
import { isFolder, type ContentItem } from './content-item.js';

/** Where the files of an item lie on this machine. */
export interface ContentPlace {
  /** What stands for the item in a job: the path of its folder, or of its first file. */
  readonly path: string;
  /** The folder that the names of its files start from. */
  readonly folder: string;
  fileOf(name: string): string;
}

/** An item whose files have their names below a folder. */
export function placeBelow(folder: string, item: ContentItem): ContentPlace {
  const fileOf = (name: string): string => join(folder, name);
  return { folder, fileOf, path: isFolder(item) ? folder : fileOf(item.files[0]!.name) };
}

/** An item by the path that stands for it. A single file may have another name here. */
export function placeAt(path: string, item: ContentItem): ContentPlace {
  if (item.files.length === 1 && !isFolder(item)) return { path, folder: dirname(path), fileOf: () => path };
  return placeBelow(isFolder(item) ? path : dirname(path), item);
}
