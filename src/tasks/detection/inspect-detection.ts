import { InputError } from '../../errors/input-error.js';
import { misfitText } from '../output-shape.js';
import { MetricError } from '../metric-error.js';
import type { TaskSurroundings } from '../task.js';
import { findHead } from './bind-head.js';
import type { DetectionTask } from './detection-settings.js';
import { loadDetectionTruth, pictureOf } from './detection-truth.js';
import { truthWarnings } from '../truth/truth-warnings.js';
import { classCountProblem } from './model-classes.js';

/**
 * Reads the ground truth and checks that it fits samples and outputs.
 *
 * @returns what was read, how classes are mapped, and what looks wrong
 * @throws DatasetError, MetricError or InputError saying what does not fit
 */
export function inspectDetection(task: DetectionTask, surroundings: TaskSurroundings): readonly string[] {
  const truth = loadDetectionTruth(task, surroundings);
  const { boxes, match, classes } = truth;
  if (surroundings.outputs.length > 0) {
    const found = findHead(task, surroundings.outputs, { classes: classes.count, input: task.input, priors: null });
    if ('advice' in found) throw new InputError(misfitText(found.output ?? surroundings.outputs[0]!, found));
    const problem = found.bound.classes === null ? null : classCountProblem(found.bound.classes, classes, boxes);
    if (problem !== null) throw new InputError(problem);
  }
  let [objects, crowds, counted] = [0, 0, 0];
  for (let sample = 0; sample < surroundings.sampleCount; sample += 1) {
    const own = pictureOf(truth, sample)?.objects;
    if (own === undefined) continue;
    for (const [object, crowd] of own.crowd.entries()) {
      objects += 1;
      crowds += crowd;
      if (crowd === 0 && classes.ofTruth[own.class[object]!]! >= 0) counted += 1;
    }
  }
  if (counted === 0 && surroundings.mayLackValue !== true) {
    throw new MetricError(
      `Expected an object that counts in ${boxes.path}, got ${objects} objects (${crowds} crowds) in ${surroundings.sampleCount} ${pictureWord(surroundings.sampleCount)} of samples: without one there is no mAP to rank trials by.`,
    );
  }
  const unused = boxes.pictures.length - match.picture.filter((picture) => picture >= 0).length;
  return [
    `Ground truth: ${boxes.format} ${boxes.path}, ${objects} objects (${crowds} crowds) in ${surroundings.sampleCount} ${pictureWord(surroundings.sampleCount)}, matched by ${match.by}` +
      `${unused === 0 ? '' : `; ${unused} further ${unused === 1 ? 'one is' : 'ones are'} not evaluated`}.`,
    classes.mapping,
    ...(counted === 0 ? ['No object counts, so there is no mAP, and trials can not be ranked.'] : []),
    ...boxes.notes,
    ...truthWarnings(boxes),
  ];
}

function pictureWord(count: number): string {
  return count === 1 ? 'picture' : 'pictures';
}
