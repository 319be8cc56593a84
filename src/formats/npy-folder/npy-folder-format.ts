import { join } from 'node:path';
import { file } from '../../schema/schema-leaves.js';
import { defineFormat, filesByRole } from '../format.js';
import { closeAfter } from '../io/closing.js';
import { openFile } from '../io/file-source.js';
import { leftOutNote, listFiles } from '../io/list-files.js';
import { groundTruthFile, groundTruthProvision, openGroundTruth } from '../labels/ground-truth-file.js';
import { readLabelCsv } from '../labels/label-csv.js';
import { readLabels } from '../labels/labels.js';
import { readNpyHeader } from '../npy/npy-header.js';
import { createNpyFolder } from './npy-folder.js';

/** The folder's own files only. */
const LISTING = { extensions: ['.npy'], depth: 1 };

export const npyFolderFormat = defineFormat({
  description: 'Folder of .npy files, one sample each, in the order of their names.',
  settings: {
    path: file('the path of a folder', 'The folder.'),
    labels: file(
      'the path of a .npy or .csv file',
      'Integer class labels: a .npy [N], or a CSV of file name and label; null without.',
    )
      .nullable()
      .default(null),
    groundTruth: groundTruthFile,
  },
  labels: { setting: 'labels', expected: 'the path of a .npy file of class labels' },
  groundTruth: groundTruthProvision,
  channels: 'asLaidOut',
  locate: ({ path, labels, groundTruth }, absolute) => ({
    path: absolute(path),
    labels: labels === null ? null : absolute(labels),
    groundTruth: groundTruth === null ? null : absolute(groundTruth),
  }),
  code: () => null,
  paths: ['path', 'labels', 'groundTruth'],
  listing: LISTING,
  // Names inside the folder count: they give the order, and the lines of a CSV go by them.
  files: ({ path, labels, groundTruth }) => [
    ...listFiles(path, LISTING.extensions, LISTING.depth).map((name) => ({
      role: `sample ${name}`,
      path: join(path, name),
    })),
    ...filesByRole({ labels, groundTruth }),
  ],
  folderNames: () => null,
  identity: () => ({ header: {} }),
  open: (source, preprocess) => {
    const files = listFiles(source.path, LISTING.extensions, LISTING.depth);
    const labels = source.labels === null ? null : openLabels(source.labels, files);
    const groundTruth = openGroundTruth(source.groundTruth, files.length);
    const note = leftOutNote(source.path, LISTING.extensions, LISTING.depth, [source.labels, source.groundTruth]);
    const dataset = createNpyFolder(source.path, files, preprocess, labels, groundTruth);
    return note === null ? dataset : { ...dataset, notes: [note] };
  },
});

function openLabels(path: string, files: readonly string[]): Int32Array {
  return closeAfter(openFile(path), (source) =>
    path.toLowerCase().endsWith('.csv') ? readLabelCsv(source, files) : readLabels(readNpyHeader(source), files.length),
  );
}
