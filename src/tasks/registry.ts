import { centerDetectionTask } from './center-detection/center-detection-task.js';
import { classificationTask } from './classification/classification-task.js';
import { commandTask } from './command/command-task.js';
import { detectionTask } from './detection/detection-task.js';
import { embeddingTask } from './embedding/embedding-task.js';
import { fidelityTask } from './fidelity/fidelity-task.js';
import { keypointsTask } from './keypoints/keypoints-task.js';
import { moduleTask } from './module/module-task.js';
import { restorationTask } from './restoration/restoration-task.js';
import { segmentationTask } from './segmentation/segmentation-task.js';
import { sequenceTask } from './sequence/sequence-task.js';
import type { Task } from './task.js';

/**
 * Every task, by the kind that `task:` of an experiment file gives it. A new one is a folder with
 * its definition, and a line here: types, schema, checks, content keys and documentation of
 * settings follow.
 */
export const tasks = {
  classification: classificationTask,
  centerDetection: centerDetectionTask,
  detection: detectionTask,
  fidelity: fidelityTask,
  keypoints: keypointsTask,
  segmentation: segmentationTask,
  restoration: restorationTask,
  sequence: sequenceTask,
  embedding: embeddingTask,
  module: moduleTask,
  command: commandTask,
} satisfies Readonly<Record<string, Task>>;

export type TaskKind = keyof typeof tasks;

export const taskKinds = Object.keys(tasks) as readonly TaskKind[];
