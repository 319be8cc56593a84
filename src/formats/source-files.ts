import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { DataSource } from './data-source.js';
import { IMAGE_DEPTH, IMAGE_EXTENSIONS } from './image-folder/image-folder.js';
import { listFiles, listFolders } from './io/list-files.js';

/** Paths of all files that a source's samples, labels and ground truth are read from; none for generated ones. */
export function sourceFiles(source: DataSource): readonly string[] {
  const inputs = Object.values(source.inputs ?? {}).map(({ path }) => path);
  return [...sampleFiles(source), ...inputs].filter((path) => path !== null);
}

function sampleFiles(source: DataSource): readonly (string | null)[] {
  switch (source.format) {
    case 'cifar10':
    case 'module':
      return [source.path];
    case 'npy':
      return [source.path, source.labels, source.groundTruth];
    case 'npz':
      return [source.path, source.groundTruth];
    case 'idx':
      return [source.path, source.labels];
    case 'npyFolder':
      return [...inFolder(source.path, listFiles(source.path, ['.npy'], 1)), source.labels, source.groundTruth];
    case 'imageFolder':
      return [
        ...inFolder(source.path, listFiles(source.path, IMAGE_EXTENSIONS, IMAGE_DEPTH)),
        source.labels,
        classFile(source.classes),
      ];
    case 'synthetic':
    case 'bevScenes':
      return [];
  }
}

function classFile(classes: string | readonly string[] | undefined): string | null {
  return typeof classes === 'string' ? classes : null;
}

function inFolder(folder: string, files: readonly string[]): readonly string[] {
  return files.map((file) => join(folder, file));
}

/**
 * A text that changes when a file of the source is replaced or written to: from names, sizes and times of the files,
 * without reading them. Equal texts mean equal data for all that doesn't set times back.
 *
 * @throws DatasetError when a folder of the source is gone
 */
export function sourceStamp(source: DataSource): string {
  const files = stampFiles(sourceFiles(source));
  if (source.format !== 'imageFolder' || source.labels !== null) return files;
  // Folders without images number the others.
  return createHash('sha256')
    .update(JSON.stringify([files, listFolders(source.path)]))
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
