import { InputError } from '../../errors/input-error.js';
import { MetricError } from '../metric-error.js';
import type { TaskSurroundings } from '../task.js';
import type { KeypointTask } from './keypoint-settings.js';
import { figuresOf, loadKeypointTruth } from './keypoint-truth.js';

/**
 * Reads the ground truth and checks that it fits samples and outputs.
 *
 * @returns what was read
 * @throws DatasetError, MetricError or InputError saying what does not fit
 */
export function inspectKeypoints(
  task: KeypointTask,
  { names, sampleCount, outputs, mayLackValue = false }: TaskSurroundings,
): readonly string[] {
  const truth = loadKeypointTruth(task, names, sampleCount);
  const { keypoints, classes, path, match } = truth;
  const own = Array.from({ length: sampleCount }, (_, sample) => figuresOf(truth, sample).figures).flat();
  const crowds = own.filter(({ isCrowd }) => isCrowd).length;
  const counted = own.filter(({ isIgnored }) => !isIgnored).length;
  if (counted === 0 && !mayLackValue) {
    throw new MetricError(
      `Expected a figure with a labelled keypoint in ${path}, got ${own.length} figures (${crowds} crowds) in ${sampleCount} pictures of samples`,
    );
  }
  const problem = mismatch(
    task,
    outputs.map(({ dims }) => dims),
    keypoints,
    classes.length,
  );
  if (problem !== null) throw new InputError(problem);
  const mostInOne = Math.max(
    ...Array.from({ length: sampleCount }, (_, sample) => figuresOf(truth, sample).figures.length),
  );
  const single =
    task.points !== 'yoloPose' && mostInOne > 1
      ? [
          `Up to ${mostInOne} figures are in one picture, but ${task.points} give one for each sample: the others are missed.`,
        ]
      : [];
  return [
    `Ground truth: COCO keypoints ${path}, ${counted} of ${own.length} figures count (${crowds} crowds) in ${sampleCount} pictures, matched by ${match.by}.`,
    `${keypoints} keypoints, ${task.sigmas === null ? "COCO's sigmas" : 'sigmas of task.sigmas'}; ${classes.length === 1 ? 'class' : 'classes by index'} ${classes.join(', ')}.`,
    ...truth.notes,
    ...single,
  ];
}

function mismatch(
  { points }: KeypointTask,
  shapes: readonly (readonly (number | null)[])[],
  keypoints: number,
  classes: number,
): string | null {
  const own = shapes.find(
    (dims) => dims.length === (points === 'heatmaps' ? 4 : 3) && dims.every((each) => each !== null),
  );
  if (own === undefined) return null;
  const text = `[${own.join(', ')}]`;
  if (points !== 'yoloPose') {
    if (classes !== 1) return `Expected ground truth of one class for task.points: ${points}, got ${classes}`;
    return own[1] === keypoints
      ? null
      : `Expected maps of the ${keypoints} keypoints of task.truth, got an output ${text}`;
  }
  const channels = 4 + classes + 3 * keypoints;
  return own[1] === channels || own[2] === channels
    ? null
    : `Expected an output of ${channels} numbers for each box, 4 + ${classes} of classes + 3 for each of ${keypoints} keypoints of task.truth, got ${text}`;
}
