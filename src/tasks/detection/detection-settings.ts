import { resolve } from 'node:path';
import { z } from 'zod';
import { file, fraction, integer, listOf, oneOf } from '../../schema/schema-leaves.js';
import type { Settled } from '../../schema/settled.js';
import { bootstrapOrNone } from '../bootstrap-setting.js';
import type { CandidateRules } from './heads/head.js';
import { heads } from './heads/registry.js';
import { headSchema } from './heads/head-schema.js';

const PIXELS = 'a whole number from 1';
const pixels = z.int({ error: PIXELS }).min(1, { error: PIXELS });
const classEntry = z.union([z.string().min(1), z.int(), z.null()], { error: 'a name, an id or null' });

const nms = z
  .strictObject({
    iou: fraction('a number from 0 to 1')
      .nullable()
      .default(null)
      .describe(
        'A box is dropped if its IoU with a better one of its class is above this; 1: none is. null: as evaluations of such heads have it.',
      ),
    multiLabel: z
      .boolean({ error: 'true or false' })
      .nullable()
      .default(null)
      .describe('Each class of a box above the confidence is a candidate, not only the best; null: by the head.'),
    candidates: integer(1, 'Best candidates of a picture that are looked at; null: by the head.')
      .nullable()
      .default(null),
    candidatesPerClass: integer(1, 'The same of each class; null: by the head.').nullable().default(null),
    candidatesPerLevel: integer(1, 'The same of each level of a head that has levels; null: by the head.')
      .nullable()
      .default(null),
    maxDetections: integer(1, 'Detections of a picture that are kept; null: by the head.').nullable().default(null),
  })
  .prefault({});

export const detectionSettings = {
  truth: file(
    'the path of a file or folder of ground truth',
    'Ground truth: a COCO file .json, a .csv, or a folder of YOLO .txt or Pascal VOC .xml files.',
  ),
  head: headSchema,
  confidence: fraction('a number from 0 to 1')
    .nullable()
    .default(null)
    .describe('Only scores above this make candidates; null: as evaluations of such heads have it.'),
  nms,
  classes: listOf(
    classEntry,
    'a list of names or ids of classes',
    "The model's classes in its order, as names or ids of the ground truth; null: by rising id.",
  )
    .nullable()
    .default(null),
  classIndex: oneOf(
    ['order', 'id'],
    'What the index of a class is: its place, or the id that it has in the ground truth.',
  ).default('order'),
  firstLabel: integer(0, 'Label of the first class, where the model writes labels.').default(0),
  input: z
    .tuple([pixels, pixels], { error: 'a list: height and width of a sample' })
    .nullable()
    .default(null)
    .describe('Height and width of a sample, where the data does not tell.'),
  fit: oneOf(
    ['letterbox', 'letterboxTopLeft', 'stretch', 'none'],
    'How pictures were brought to the size of `input`, where the data does not tell.',
  ).default('letterbox'),
  bootstrap: bootstrapOrNone,
};

type FileSettings = Settled<typeof detectionSettings>;

/** The settings of a task: paths are absolute, and what was null has the value of the head. */
export type DetectionTask = Omit<FileSettings, 'nms' | 'confidence'> & {
  readonly rules: CandidateRules;
  /** `task.head.priors`: a file counts by its bytes. */
  readonly priors: string | null;
};

export function locateDetection(settings: FileSettings, folder: string): DetectionTask {
  const { nms: own, confidence, truth, ...rest } = settings;
  const priors = rest.head.kind === 'ssd' ? rest.head.priors : null;
  return {
    ...rest,
    truth: resolve(folder, truth),
    head: rest.head.kind === 'ssd' ? { ...rest.head, priors: null } : rest.head,
    priors: priors === null ? null : resolve(folder, priors),
    rules: candidateRules({ nms: own, confidence }, heads[rest.head.kind].rules),
  };
}

/** The rules of the settings; what is null there is as the head has it. */
export function candidateRules(
  { nms: own, confidence }: Pick<FileSettings, 'nms' | 'confidence'>,
  head: CandidateRules,
): CandidateRules {
  return {
    confidence: confidence ?? head.confidence,
    iou: own.iou ?? head.iou,
    multiLabel: own.multiLabel ?? head.multiLabel,
    candidates: own.candidates ?? head.candidates,
    candidatesPerClass: own.candidatesPerClass ?? head.candidatesPerClass,
    candidatesPerLevel: own.candidatesPerLevel ?? head.candidatesPerLevel,
    maxDetections: own.maxDetections ?? head.maxDetections,
  };
}
