import { createHash } from 'node:crypto';
import type { FolderListing } from '../formats/format.js';
import { canonicalJson } from '../plan/content-key.js';
import type { TaskSettings } from '../tasks/task-settings.js';

/** A file by its bytes. */
export interface ContentFile {
  /** Inside the item, `/` between the parts. */
  readonly name: string;
  readonly sizeBytes: number;
  /** Of the bytes alone, hex. */
  readonly sha256: string;
  /** The file may be run as a program. */
  readonly executable?: true;
}

/**
 * What a path of an experiment leads to, as any machine may have it: plain JSON, with nothing of
 * the machine that described it.
 *
 * | kind    | files                                              | the path, where it is found |
 * | ------- | -------------------------------------------------- | --------------------------- |
 * | file    | the file                                           | of the file                 |
 * | model   | the `.onnx` file, then its external data           | of the `.onnx` file         |
 * | module  | the ES module; what it imports is not seen         | of the module               |
 * | folder  | what the formats list of it                        | of the folder               |
 * | command | the files that the words of a command name         | of the folder it runs in    |
 */
export interface ContentItem {
  /** `content:` and the sha256 of {@link manifestOf}: stands for the path in jobs. */
  readonly token: string;
  readonly kind: 'file' | 'model' | 'module' | 'folder' | 'command';
  /** Of the file or folder where it was described, for people: the last part of its path. */
  readonly name: string;
  readonly files: readonly ContentFile[];
  /** Of a folder: how it is listed. All that this finds in it has to be among the files. */
  readonly listings?: readonly FolderListing[];
  /** Of a folder whose direct sub-folders are classes: their names, sorted by code units. */
  readonly folders?: readonly string[];
  /** Of a command: the tasks that run in the folder, without it. */
  readonly tasks?: readonly CommandContent[];
}

export interface CommandContent {
  /** Paths are empty, or tokens of other items. */
  readonly task: TaskSettings;
  /** See `hashTask`. */
  readonly sha256: string;
}

/** What the content of an item is: all of it but how it is called. */
export type ContentManifest = Omit<ContentItem, 'token' | 'name'>;

export function tokenOf({ kind, files, listings, folders, tasks }: ContentManifest): string {
  const manifest = canonicalJson({
    ...{ kind, files },
    ...(listings === undefined ? {} : { listings }),
    ...(folders === undefined ? {} : { folders }),
    ...(tasks === undefined ? {} : { tasks }),
  });
  return `content:${createHash('sha256').update(manifest).digest('hex')}`;
}

export function sizeOf({ files }: Pick<ContentItem, 'files'>): number {
  return files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

/** Whether the path of an item is that of its folder, not of its first file. */
export function isFolder({ kind }: Pick<ContentItem, 'kind'>): boolean {
  return kind === 'folder' || kind === 'command';
}
