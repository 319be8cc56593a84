import { file, text } from '../../schema/schema-leaves.js';
import { defineFormat, filesByRole } from '../format.js';
import { groundTruthFile, groundTruthProvision } from '../labels/ground-truth-file.js';
import { openArray } from '../npy/open-array.js';
import { openNpzMember } from './npz.js';

export const npzFormat = defineFormat({
  description: 'NumPy archive.',
  settings: {
    path: file('the path of a .npz file', 'The archive.'),
    array: text('the name of an array in the archive', 'The array with the samples [N, ...].'),
    labelsArray: text(
      'the name of an array in the archive',
      'The array with integer class labels [N]; null if there are none.',
    )
      .nullable()
      .default(null),
    groundTruth: groundTruthFile,
  },
  labels: { setting: 'labelsArray', expected: 'the name of the array of class labels' },
  groundTruth: groundTruthProvision,
  channels: 'asLaidOut',
  locate: ({ path, array, labelsArray, groundTruth }, absolute) => ({
    path: absolute(path),
    array,
    labelsArray,
    groundTruth: groundTruth === null ? null : absolute(groundTruth),
  }),
  code: () => null,
  paths: ['path', 'groundTruth'],
  files: ({ path, groundTruth }) => filesByRole({ samples: path, groundTruth }),
  folderNames: () => null,
  identity: ({ array, labelsArray }) => ({ header: { array, labelsArray } }),
  keyed: ({ array, labelsArray }) => ({ array, labelsArray }),
  open: ({ path, array, labelsArray, groundTruth }, preprocess) => {
    const openLabels = labelsArray === null ? null : () => openNpzMember(path, labelsArray);
    return openArray({ samples: openNpzMember(path, array), openLabels, groundTruth }, preprocess);
  },
});
