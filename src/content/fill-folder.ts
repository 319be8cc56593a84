import { chmod, constants, copyFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { ContentError } from './content-error.js';
import type { ContentFile, ContentItem } from './content-item.js';
import type { FileFetcher } from './fetch/fetch-file.js';
import { readHash } from './file-hashes.js';
import { forEachAtOnce } from './for-each-at-once.js';

export interface FillOptions {
  /** By name: where a file with the same bytes lies on this machine. */
  readonly copies: ReadonlyMap<string, string>;
  readonly fetcher: FileFetcher;
  readonly signal: AbortSignal | undefined;
}

/**
 * Writes the files of an item into a folder that has the folders for them: copies, sharing blocks
 * where the file system can, and the rest fetched. The bytes of each are verified where they land.
 *
 * @throws ContentError naming the file that is not to be had
 */
export async function fillFolder(
  { files }: ContentItem,
  folder: string,
  { copies, fetcher, signal }: FillOptions,
): Promise<void> {
  await forEachAtOnce(
    files,
    async (file, ended) => {
      const path = join(folder, file.name);
      const copy = copies.get(file.name);
      if (copy === undefined) await fetchOne(file, path, fetcher, ended);
      else await copyOne(file, copy, path);
      await chmod(path, file.executable === true ? 0o755 : 0o644);
    },
    signal,
  );
}

async function fetchOne(file: ContentFile, path: string, fetcher: FileFetcher, signal: AbortSignal): Promise<void> {
  const faults = await fetcher.fetch(file, path, signal);
  if (faults === null) return;
  throw new ContentError([`${file.name} (${file.sizeBytes} bytes, sha256 ${file.sha256}): ${faults.join('; ')}`]);
}

async function copyOne({ sha256 }: ContentFile, from: string, path: string): Promise<void> {
  await copyFile(await realpath(from), path, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  const found = await readHash(path);
  if (found.sha256 === sha256) return;
  throw new ContentError([`${from} changed while it was copied: sha256 ${found.sha256}, not ${sha256}.`]);
}
