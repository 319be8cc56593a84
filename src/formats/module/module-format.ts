import { file, options } from '../../schema/schema-leaves.js';
import { defineFormat, filesByRole } from '../format.js';
import { openModuleDataset, readModuleIdentity } from './module-dataset.js';

export const moduleFormat = defineFormat({
  description: 'A dataset of your own, an ES module. Runs with --allow-code only.',
  settings: {
    path: file('the path of an ES module', 'The module; its default export opens the dataset.'),
    options: options(),
  },
  labels: 'onceOpened',
  groundTruth: 'onceOpened',
  channels: 'asLaidOut',
  locate: ({ path, options: given }, absolute) => ({ path: absolute(path), options: given }),
  code: ({ path }) => `dataset ${path}`,
  paths: ['path'],
  files: ({ path }) => filesByRole({ module: path }),
  folderNames: () => null,
  identity: async (source) => ({
    header: { options: source.options },
    after: [{ identity: await readModuleIdentity(source) }],
  }),
  open: openModuleDataset,
});
