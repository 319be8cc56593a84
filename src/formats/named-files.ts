import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { FolderListing } from './format.js';
import { hashFiles } from './hash-source.js';
import { listFiles } from './io/list-files.js';
import { stampFiles } from './source-files.js';

/** A file or folder of data that settings name, such as ground truth. */
export interface NamedFile {
  /** The setting. */
  readonly field: string;
  /** Absolute. */
  readonly path: string;
  /** How a folder is read; null: it is a file. */
  readonly listing: FolderListing | null;
}

/**
 * SHA-256, hex, of everything that is read of them: bytes, and names inside folders. @throws
 * DatasetError when a file is missing, or a folder has none
 */
export function hashNamedFiles(named: readonly NamedFile[]): Promise<string> {
  return hashFiles(named.flatMap(filesOf));
}

/** Changes when one of them is replaced, written to, or comes or goes: see `stampFiles`. */
export function stampNamedFiles(named: readonly NamedFile[]): string {
  return stampFiles(named.flatMap(filesOf).map(({ path }) => path));
}

/** Whether what is there is read as a folder. */
export function isFolderOf({ path, listing }: NamedFile): boolean {
  return listing !== null && statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function filesOf(named: NamedFile): readonly { readonly role: string; readonly path: string }[] {
  const { field, path, listing } = named;
  if (listing === null || !isFolderOf(named)) return [{ role: field, path }];
  const names = listFiles(path, listing.extensions, listing.depth);
  return names.map((name) => ({ role: `${field} ${name}`, path: join(path, name) }));
}
