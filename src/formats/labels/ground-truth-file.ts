import { file } from '../../schema/schema-leaves.js';
import type { DetectionGroundTruth } from '../dataset.js';
import type { Provision } from '../format.js';
import { closeAfter } from '../io/closing.js';
import { openFile } from '../io/file-source.js';
import { readGroundTruth } from './ground-truth.js';

/** The setting of formats whose ground truth is a file beside the samples. */
export const groundTruthFile = file('the path of a JSON file', 'Detection ground truth (JSON); null without.')
  .nullable()
  .default(null);

export const groundTruthProvision: Provision = {
  setting: 'groundTruth',
  expected: 'the path of a JSON file of ground truth',
};

/** The ground truth of a file; null without one. @throws DatasetError as {@link readGroundTruth} */
export function openGroundTruth(path: string | null, sampleCount: number): DetectionGroundTruth | null {
  return path === null ? null : closeAfter(openFile(path), (source) => readGroundTruth(source, sampleCount));
}
