import type { DataSource } from './data-source.js';
import type { PreprocessSettings } from './preprocess/preprocess-settings.js';
import { createBevDataset } from './bev/bev-dataset.js';
import { openCifar10 } from './cifar10/cifar10.js';
import type { Dataset, DetectionGroundTruth } from './dataset.js';
import { openFile, type ByteSource } from './io/file-source.js';
import { readGroundTruth } from './labels/ground-truth.js';
import { withFurtherInputs } from './further-inputs.js';
import { openIdx, withChannelAxis } from './idx/idx.js';
import { openImageFolder } from './image-folder/image-folder.js';
import { readLabelCsv } from './labels/label-csv.js';
import { readLabels } from './labels/labels.js';
import { leftOutNote, listFiles } from './io/list-files.js';
import { openModuleDataset } from './module/module-dataset.js';
import { countSamples, createNpyDataset } from './npy/npy-dataset.js';
import { createNpyFolder } from './npy/npy-folder.js';
import { readNpyHeader, type NpyArray } from './npy/npy-header.js';
import { openNpzMember } from './npz/npz.js';
import { createSynthetic } from './synthetic/synthetic.js';

/**
 * Opens the samples of `source`, and what its further inputs are fed with; labels and ground truth are read and checked now, samples when asked for. Close it
 * when done.
 *
 * @throws DatasetError when a file is missing or damaged, or doesn't fit the settings.
 */
export async function openDataset(source: DataSource, preprocess: PreprocessSettings): Promise<Dataset> {
  const dataset = await openSamples(source, preprocess);
  if (source.inputs === undefined) return dataset;
  try {
    return withFurtherInputs(dataset, source.inputs);
  } catch (error) {
    dataset.close();
    throw error;
  }
}

function openSamples(source: DataSource, preprocess: PreprocessSettings): Dataset | Promise<Dataset> {
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
    case 'idx': {
      const array = openIdx(source.path);
      return using(array.source, () => openIdxSamples(array, source.labels, preprocess));
    }
    case 'npyFolder': {
      const files = listFiles(source.path, ['.npy'], 1);
      const labels = source.labels === null ? null : readFolderLabels(source.labels, files);
      const groundTruth = openGroundTruth(source.groundTruth, files.length);
      const note = leftOutNote(source.path, ['.npy'], 1, [source.labels, source.groundTruth]);
      const dataset = createNpyFolder(source.path, files, preprocess, labels, groundTruth);
      return note === null ? dataset : { ...dataset, notes: [note] };
    }
    case 'imageFolder':
      return openImageFolder(source, preprocess);
    case 'synthetic':
      return createSynthetic(source, preprocess);
    case 'module':
      return openModuleDataset(source, preprocess);
    case 'bevScenes':
      return createBevDataset(source.seed, source.scenes, preprocess);
  }
}

/** MNIST's images have no axis of channels; whatever the layout, they have one channel. */
function openIdxSamples(array: NpyArray, labelsPath: string | null, preprocess: PreprocessSettings): Dataset {
  const images = withChannelAxis(array);
  const labels = labelsPath === null ? null : openIdx(labelsPath);
  const read = labels === null ? null : readAndClose(labels.source, () => readLabels(labels, countSamples(images)));
  const settings: PreprocessSettings = images === array ? preprocess : { ...preprocess, layout: 'channelsFirst' };
  return createNpyDataset(images, settings, read, null);
}

function readFolderLabels(path: string, files: readonly string[]): Int32Array {
  return readAndClose(openFile(path), (file) =>
    path.toLowerCase().endsWith('.csv') ? readLabelCsv(file, files) : readLabels(readNpyHeader(file), files.length),
  );
}

function openGroundTruth(path: string | null, sampleCount: number): DetectionGroundTruth | null {
  return path === null ? null : readAndClose(openFile(path), (file) => readGroundTruth(file, sampleCount));
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
  return createNpyDataset(array, preprocess, labels, openGroundTruth(groundTruthPath, sampleCount));
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
