import { file } from '../../schema/schema-leaves.js';
import { defineFormat, filesByRole } from '../format.js';
import { closeOnError } from '../io/closing.js';
import { openFile } from '../io/file-source.js';
import { openCifar10 } from './cifar10.js';

export const cifar10Format = defineFormat({
  description: 'CIFAR-10 binary: records of 1 label byte and 3072 pixel bytes.',
  settings: {
    path: file('the path of a CIFAR-10 binary file', 'A CIFAR-10 binary file, e.g. data_batch_1.bin.'),
  },
  labels: 'always',
  groundTruth: 'never',
  channels: 'first',
  locate: ({ path }, absolute) => ({ path: absolute(path) }),
  code: () => null,
  paths: ['path'],
  files: ({ path }) => filesByRole({ samples: path }),
  folderNames: () => null,
  identity: () => ({ header: {} }),
  open: ({ path }, preprocess) => closeOnError(openFile(path), (source) => openCifar10(source, preprocess)),
});
