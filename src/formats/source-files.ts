import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { formatOf, type DataSource } from './data-source.js';

/**
 * Paths of all files that a source's samples, labels and ground truth are read from; none for
 * generated ones.
 */
export function sourceFiles(source: DataSource): readonly string[] {
  const own = formatOf(source).files(source);
  const inputs = Object.values(source.inputs ?? {});
  return [...own, ...inputs].map(({ path }) => path).filter((path) => path !== null);
}

/**
 * A text that changes when a file of the source is replaced or written to: from names, sizes and
 * times of the files, without reading them. Equal texts mean equal data for all that doesn't set
 * times back.
 *
 * @throws DatasetError when a folder of the source is gone
 */
export function sourceStamp(source: DataSource): string {
  const files = stampFiles(sourceFiles(source));
  const folders = formatOf(source).folderNames(source);
  if (folders === null) return files;
  return createHash('sha256')
    .update(JSON.stringify([files, folders]))
    .digest('hex');
}

/** The same of any files; one that is missing has a stamp too. */
export function stampFiles(paths: readonly string[]): string {
  const hash = createHash('sha256');
  for (const path of paths) {
    const stat = statSync(path, { throwIfNoEntry: false, bigint: true });
    hash.update(JSON.stringify([path, stat && [stat.size, stat.mtimeNs, stat.ctimeNs, stat.ino].map(String)]));
  }
  return hash.digest('hex');
}
