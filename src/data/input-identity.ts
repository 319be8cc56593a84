import type { DataSource } from '../experiment/settings.js';
import { hashSource } from './hash-source.js';
import { sourceStamp } from './source-files.js';

/** A source of data as a sweep was planned with it. */
export interface InputIdentity {
  readonly source: DataSource;
  /** See `hashSource`. */
  readonly sha256: string;
  /** See `sourceStamp`; of before the hash was taken, so that what is written meanwhile is noticed later. */
  readonly stamp: string;
}

/** Reads a source's files once for what identifies it. @throws DatasetError when a file is missing */
export async function identifyInput(source: DataSource): Promise<InputIdentity> {
  const stamp = sourceStamp(source);
  return { source, stamp, sha256: await hashSource(source) };
}
