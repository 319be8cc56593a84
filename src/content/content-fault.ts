import { realpath, stat } from 'node:fs/promises';
import { DatasetError } from '../formats/dataset-error.js';
import { listFiles, listFolders } from '../formats/io/list-files.js';
import type { ContentFile, ContentItem } from './content-item.js';
import type { ContentPlace } from './content-place.js';
import { isBelow } from './data-folders.js';
import type { FileHashes } from './file-hashes.js';
import { forEachAtOnce } from './for-each-at-once.js';

export interface FaultOptions {
  readonly hashes: FileHashes;
  /** Whether a file of this real path may be opened. */
  readonly isAllowed: (real: string) => boolean;
  /** Links below the folder that lead where nothing may be opened. */
  readonly linksOut?: readonly string[];
  readonly signal?: AbortSignal | undefined;
  /** Reads files whose stamps are known again. */
  readonly afresh?: boolean;
}

/** Ends the search for faults: one is enough. */
class Fault extends Error {}

/**
 * What keeps an item from being the one that lies at a place, naming the file; null: nothing. All
 * names and sizes are looked at before a byte is read.
 */
export async function contentFault(
  item: ContentItem,
  place: ContentPlace,
  options: FaultOptions,
): Promise<string | null> {
  const { linksOut = [], signal } = options;
  const home = item.kind === 'model' ? await realpath(place.folder).catch(() => null) : null;
  try {
    await forEachAtOnce(item.files, (file) => checkLooks(file, place.fileOf(file.name), home, options), signal);
    const listed = listingFault(item, place.folder, linksOut);
    if (listed !== null) return listed;
    await forEachAtOnce(item.files, (file) => checkBytes(file, place.fileOf(file.name), options), signal);
    return null;
  } catch (cause) {
    signal?.throwIfAborted();
    if (cause instanceof Fault || cause instanceof DatasetError) return cause.message;
    throw cause;
  }
}

/** @param home of a model, all of whose files have to lie in its folder */
async function checkLooks(
  { sizeBytes }: ContentFile,
  path: string,
  home: string | null,
  { isAllowed }: FaultOptions,
): Promise<void> {
  const real = await realpath(path).catch(() => null);
  const stats = real === null ? null : await stat(real).catch(() => null);
  if (real === null || stats === null) throw new Fault(`${path} is missing`);
  if (!isAllowed(real)) throw new Fault(`${path} is a link that leads out`);
  // Such links are refused when the model is read.
  if (home !== null && !isBelow(home, real)) throw new Fault(`${path} is a link that leads out of the model's folder`);
  if (!stats.isFile()) throw new Fault(`${path} is no regular file`);
  if (stats.size !== sizeBytes) throw new Fault(`${path} has ${stats.size} bytes, not ${sizeBytes}`);
}

async function checkBytes(
  { sha256 }: ContentFile,
  path: string,
  { hashes, signal, afresh = false }: FaultOptions,
): Promise<void> {
  const found = await hashes.of(path, { signal, afresh });
  if (found.sha256 !== sha256) throw new Fault(`${path} has other bytes: sha256 ${found.sha256}, not ${sha256}`);
}

/** What a format would read besides the files of the item. */
function listingFault(
  { files, listings = [], folders }: ContentItem,
  folder: string,
  linksOut: readonly string[],
): string | null {
  if (listings.length === 0) return null;
  // Listing would look behind them.
  const out = linksOut.find((link) => isBelow(folder, link));
  if (out !== undefined) return `${out} is a link that leads out`;
  const known = new Set(files.map(({ name }) => name));
  try {
    for (const { extensions, depth } of listings) {
      const extra = listFiles(folder, extensions, depth).find((name) => !known.has(name));
      if (extra !== undefined) return `${folder} also holds ${extra}, which would be read`;
    }
    if (folders === undefined) return null;
    const found = listFolders(folder);
    const differs = found.find((name) => !folders.includes(name)) ?? folders.find((name) => !found.includes(name));
    return differs === undefined ? null : `${folder} has not the same class folders: ${differs}`;
  } catch (cause) {
    if (cause instanceof DatasetError) return cause.message;
    throw cause;
  }
}
