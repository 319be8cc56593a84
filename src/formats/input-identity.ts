import type { DataSource } from './data-source.js';
import { hashWithBesides, type OnHashing } from './hash-source.js';
import { sourceStamp } from './source-files.js';

/** A model or a source of data as a sweep was planned with it. */
export type InputIdentity = DataIdentity | ModelIdentity;

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
