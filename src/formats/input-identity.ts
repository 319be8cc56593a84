import type { DataSource } from './data-source.js';
import { hashWithBesides, type OnHashing } from './hash-source.js';
import { hashNamedFiles, stampNamedFiles, type NamedFile } from './named-files.js';
import { sourceStamp } from './source-files.js';

/** A model, a source of data, or files of a task, as a sweep was planned with them. */
export type InputIdentity = DataIdentity | ModelIdentity | TaskFilesIdentity;

interface Identity {
  /** Of the content: see `hashSource`, `readModelFile`. */
  readonly sha256: string;
  /**
   * See `stampFiles`; of before the hash was taken, so that what is written meanwhile is noticed
   * later.
   */
  readonly stamp: string;
}

export interface DataIdentity extends Identity {
  readonly kind: 'data';
  readonly source: DataSource;
  /** See `hashWithBesides`; absent where no other machine is to have it. */
  readonly besides?: string;
}

/** What outputs are held against. */
export interface TaskFilesIdentity extends Identity {
  readonly kind: 'taskFiles';
  readonly files: readonly NamedFile[];
}

export interface ModelIdentity extends Identity {
  readonly kind: 'model';
  readonly path: string;
}

/**
 * Reads a source's files once for what identifies it. @throws DatasetError when a file is missing
 */
export async function identifyInput(source: DataSource, onHashing?: OnHashing): Promise<DataIdentity> {
  const stamp = sourceStamp(source);
  return { kind: 'data', source, stamp, ...(await hashWithBesides(source, onHashing)) };
}

/** The same of files that a task names. @throws DatasetError when one is missing */
export async function identifyTaskFiles(files: readonly NamedFile[]): Promise<TaskFilesIdentity> {
  const stamp = stampNamedFiles(files);
  return { kind: 'taskFiles', files, stamp, sha256: await hashNamedFiles(files) };
}
