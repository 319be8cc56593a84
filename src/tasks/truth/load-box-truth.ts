import { statSync } from 'node:fs';
import { DatasetError } from '../../formats/dataset-error.js';
import type { FolderListing } from '../../formats/format.js';
import type { BoxTruth } from './box-truth.js';
import { readCocoTruth } from './coco-truth.js';
import { readTruthText } from './read-truth-text.js';

/** How a folder of ground truth is read. */
export const TRUTH_LISTING: FolderListing = { extensions: ['.txt', '.xml'], depth: 16 };

/**
 * Reads ground truth of boxes: a COCO file.
 *
 * @throws DatasetError where it is none of these, or is damaged
 */
export function loadBoxTruth(path: string): BoxTruth {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  if (!isFolder && path.toLowerCase().endsWith('.json')) return readCocoTruth(readTruthText(path), path);
  throw new DatasetError({
    expected: 'a COCO file .json',
    got: isFolder ? 'a folder' : 'another file',
    where: path,
  });
}
