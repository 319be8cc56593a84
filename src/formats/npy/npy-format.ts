import { file } from '../../schema/schema-leaves.js';
import { defineFormat, filesByRole } from '../format.js';
import { openFile } from '../io/file-source.js';
import { groundTruthFile, groundTruthProvision } from '../labels/ground-truth-file.js';
import { openArray } from './open-array.js';

export const npyFormat = defineFormat({
  description: 'NumPy array file of samples [N, ...].',
  settings: {
    path: file('the path of a .npy file', 'Samples [N, ...], float16, float32 or uint8.'),
    labels: file('the path of a .npy file', 'Integer class labels [N], a second .npy; null without.')
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
  files: ({ path, labels, groundTruth }) => filesByRole({ samples: path, labels, groundTruth }),
  folderNames: () => null,
  identity: () => ({ header: {} }),
  open: ({ path, labels, groundTruth }, preprocess) => {
    const openLabels = labels === null ? null : () => openFile(labels);
    return openArray({ samples: openFile(path), openLabels, groundTruth }, preprocess);
  },
});
