import type { DataSource, PreprocessSettings } from '../experiment/settings.js';
import { createBevDataset } from './bev-dataset.js';
import { openCifar10 } from './cifar10.js';
import type { Dataset, DetectionGroundTruth } from './dataset.js';
import { openFile, type ByteSource } from './file-source.js';
import { readGroundTruth } from './ground-truth.js';
import { readLabels } from './labels.js';
import { countSamples, createNpyDataset } from './npy-dataset.js';
import { readNpyHeader } from './npy-header.js';
import { openNpzMember } from './npz.js';

/**
 * Opens the samples of `source`; labels and ground truth are read and checked now, samples when asked for. Close it
 * when done.
 *
 * @throws DatasetError when a file is missing or damaged, or doesn't fit the settings.
 */
export function openDataset(source: DataSource, preprocess: PreprocessSettings): Dataset {
  switch (source.format) {
    case 'cifar10':
      return using(openFile(source.path), (file) => openCifar10(file, preprocess));
    case 'npy':
      return using(openFile(source.path), (file) => {
        const { labels, groundTruth } = source;
        const openLabels = labels === null ? null : () => openFile(labels);
        return openArray(file, preprocess, openLabels, groundTruth);
      });
    case 'npz':
      return using(openNpzMember(source.path, source.array), (member) => {
        const { labelsArray, groundTruth } = source;
        const openLabels = labelsArray === null ? null : () => openNpzMember(source.path, labelsArray);
        return openArray(member, preprocess, openLabels, groundTruth);
      });
    case 'bevScenes':
      return createBevDataset(source.seed, source.scenes, preprocess);
  }
}

function openArray(
  samples: ByteSource,
  preprocess: PreprocessSettings,
  openLabels: (() => ByteSource) | null,
  groundTruthPath: string | null,
): Dataset {
  const array = readNpyHeader(samples);
  const sampleCount = countSamples(array);
  const labels =
    openLabels === null ? null : readAndClose(openLabels(), (file) => readLabels(readNpyHeader(file), sampleCount));
  const groundTruth: DetectionGroundTruth | null =
    groundTruthPath === null
      ? null
      : readAndClose(openFile(groundTruthPath), (file) => readGroundTruth(file, sampleCount));
  return createNpyDataset(array, preprocess, labels, groundTruth);
}

/** Closes `source` when `build` throws; what it returns owns it otherwise. */
function using(source: ByteSource, build: (source: ByteSource) => Dataset): Dataset {
  try {
    return build(source);
  } catch (error) {
    source.close();
    throw error;
  }
}

function readAndClose<T>(source: ByteSource, read: (source: ByteSource) => T): T {
  try {
    return read(source);
  } finally {
    source.close();
  }
}
