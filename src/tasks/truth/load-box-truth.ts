import { statSync } from 'node:fs';
import { DatasetError } from '../../formats/dataset-error.js';
import type { FolderListing } from '../../formats/format.js';
import { listFiles } from '../../formats/io/list-files.js';
import { MetricError } from '../metric-error.js';
import type { BoxTruth } from './box-truth.js';
import { readCocoTruth } from './coco-truth.js';
import { readCsvTruth } from './csv-truth.js';
import { readTruthText } from './read-truth-text.js';
import { readVocTruth } from './voc-truth.js';
import { readYoloTruth } from './yolo-truth.js';

/** How a folder of ground truth is read. */
export const TRUTH_LISTING: FolderListing = { extensions: ['.txt', '.xml'], depth: 16 };

/**
 * Reads ground truth of boxes: a COCO file `.json`, a file `.csv`, or a folder of YOLO text files
 * or Pascal VOC files.
 *
 * @param classes names of the model's classes in its order, for files that hold numbers or do not
 *   tell an order; null: not given
 * @throws DatasetError where it is none of these, or is damaged
 */
export function loadBoxTruth(path: string, classes: readonly (string | number | null)[] | null): BoxTruth {
  const lower = path.toLowerCase();
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  if (!isFolder && lower.endsWith('.json')) return readCocoTruth(readTruthText(path), path);
  const names = namesOf(classes);
  if (!isFolder && lower.endsWith('.csv')) return readCsvTruth(readTruthText(path), path, names);
  if (isFolder) {
    const files = listFiles(path, TRUTH_LISTING.extensions, TRUTH_LISTING.depth);
    const xml = files.filter((name) => name.toLowerCase().endsWith('.xml'));
    return xml.length > 0 ? readVocTruth(path, xml, names) : readYoloTruth(path, files, names);
  }
  // A file that is not there is said to be missing first.
  readTruthText(path);
  throw new DatasetError({
    expected: 'a COCO file .json, a file .csv, or a folder of YOLO .txt or Pascal VOC .xml files',
    got: 'another file',
    where: path,
  });
}

/** Names in the order of the model; a class without one is called by its place. */
function namesOf(classes: readonly (string | number | null)[] | null): readonly string[] | null {
  const id = classes?.find((each) => typeof each === 'number');
  if (id !== undefined) {
    throw new MetricError(`Expected names in task.classes, got the id ${id}: only COCO files have ids.`);
  }
  return classes?.map((each, index) => (each === null ? `(${index})` : String(each))) ?? null;
}
