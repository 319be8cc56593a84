import { resolve } from 'node:path';
import { z } from 'zod';
import { file, flag, listOf, oneOf, positive } from '../../schema/schema-leaves.js';
import type { Settled } from '../../schema/settled.js';
import { bootstrap } from '../bootstrap-setting.js';
import { candidateRules, detectionSettings } from '../detection/detection-settings.js';
import type { CandidateRules } from '../detection/heads/head.js';
import { yolov8Head } from '../detection/heads/yolov8.js';

const share = 'a number from 0 to 1';

export const keypointSettings = {
  truth: file('the path of a COCO file of keypoints', 'Ground truth: a COCO file of keypoints.'),
  points: oneOf(
    ['yoloPose', 'heatmaps', 'simcc'],
    'What the output is: [N, 4 + classes + 3 K, boxes] of YOLOv8-pose and its successors; heatmaps [N, K, H, W] of one figure a sample; or two outputs, x [N, K, W] and y [N, K, H], of SimCC.',
  ).default('yoloPose'),
  sigmas: listOf(
    positive('A sigma.'),
    'a list of numbers above 0, one for each keypoint',
    "How far each keypoint may be off, as a fraction of the object's size; null: those of COCO's 17.",
  )
    .nullable()
    .default(null),
  quarterOffset: flag(
    "Whether a heatmap's largest cell is moved by a quarter towards the larger of its neighbours.",
  ).default(true),
  cellOffset: z
    .number({ error: share })
    .min(0, { error: share })
    .max(1, { error: share })
    .describe('What is added to the place of a cell before it is scaled to the sample: 0.5 for the middle of cells.')
    .default(0),
  confidence: detectionSettings.confidence,
  nms: detectionSettings.nms,
  input: detectionSettings.input,
  fit: detectionSettings.fit,
  bootstrap,
};

type FileSettings = Settled<typeof keypointSettings>;

/** `truth` is absolute; rules are those of the head where they were null. */
export type KeypointTask = Omit<FileSettings, 'nms' | 'confidence'> & { readonly rules: CandidateRules };

export function locateKeypoints({ truth, nms, confidence, ...rest }: FileSettings, folder: string): KeypointTask {
  const { points, sigmas, quarterOffset, cellOffset, input, fit, bootstrap: replicates } = rest;
  return {
    ...{ truth: resolve(folder, truth), points, sigmas, quarterOffset, cellOffset, input, fit, bootstrap: replicates },
    rules: candidateRules({ nms, confidence }, yolov8Head.rules),
  };
}
