import { file } from '../../schema/schema-leaves.js';
import type { Dataset } from '../dataset.js';
import { defineFormat, filesByRole } from '../format.js';
import { closeAfter, closeOnError } from '../io/closing.js';
import { readLabels } from '../labels/labels.js';
import { countSamples, createNpyDataset } from '../npy/npy-dataset.js';
import type { NpyArray } from '../npy/npy-header.js';
import type { PreprocessSettings } from '../preprocess/preprocess-settings.js';
import { openIdx, withChannelAxis } from './idx.js';

export const idxFormat = defineFormat({
  description: 'IDX file of bytes, as MNIST has them; plain or gzip.',
  settings: {
    path: file('the path of an IDX file', 'Samples [N, ...] of bytes, plain or .gz.'),
    labels: file('the path of an IDX file', 'Class labels [N], a second IDX file; null without.')
      .nullable()
      .default(null),
  },
  labels: { setting: 'labels', expected: 'the path of an IDX file of class labels' },
  groundTruth: 'never',
  channels: 'asLaidOut',
  locate: ({ path, labels }, absolute) => ({
    path: absolute(path),
    labels: labels === null ? null : absolute(labels),
  }),
  code: () => null,
  paths: ['path', 'labels'],
  files: ({ path, labels }) => filesByRole({ samples: path, labels }),
  folderNames: () => null,
  identity: () => ({ header: {} }),
  open: ({ path, labels }, preprocess) => {
    const array = openIdx(path);
    return closeOnError(array.source, () => openSamples(array, labels, preprocess));
  },
});

/** MNIST's images have no axis of channels; whatever the layout, they have one channel. */
function openSamples(array: NpyArray, labelsPath: string | null, preprocess: PreprocessSettings): Dataset {
  const images = withChannelAxis(array);
  const labels = labelsPath === null ? null : openIdx(labelsPath);
  const read = labels === null ? null : closeAfter(labels.source, () => readLabels(labels, countSamples(images)));
  const settings: PreprocessSettings = images === array ? preprocess : { ...preprocess, layout: 'channelsFirst' };
  return createNpyDataset(images, settings, read, null);
}
