import type { Dataset } from '../dataset.js';
import type { ByteSource } from '../io/file-source.js';
import { closeAfter, closeOnError } from '../io/closing.js';
import { openGroundTruth } from '../labels/ground-truth-file.js';
import { readLabels } from '../labels/labels.js';
import type { PreprocessSettings } from '../preprocess/preprocess-settings.js';
import { countSamples, createNpyDataset } from './npy-dataset.js';
import { readNpyHeader } from './npy-header.js';

/** An array `[N, ...]` of samples with what belongs to it. */
export interface ArrayFiles {
  /** The bytes of a `.npy` file; closed with the dataset. */
  readonly samples: ByteSource;
  /** Opens the integer class labels `[N]`, bytes of a `.npy` file; null without. */
  readonly openLabels: (() => ByteSource) | null;
  /** JSON; null without. */
  readonly groundTruth: string | null;
}

/**
 * Opens samples in NumPy's format. @throws DatasetError when one of the files is damaged or does
 * not fit the others
 */
export function openArray(files: ArrayFiles, preprocess: PreprocessSettings): Dataset {
  return closeOnError(files.samples, (samples) => {
    const array = readNpyHeader(samples);
    const sampleCount = countSamples(array);
    const labels =
      files.openLabels === null
        ? null
        : closeAfter(files.openLabels(), (source) => readLabels(readNpyHeader(source), sampleCount));
    return createNpyDataset(array, preprocess, labels, openGroundTruth(files.groundTruth, sampleCount));
  });
}
