import { collectCandidates } from '../detection/collect-candidates.js';
import { overOutputs } from '../first-output.js';
import type { OutputTensor } from '../metric.js';
import { relativeSquaredError } from '../relative-squared-error.js';
import { decodePose, posePoints } from './decode-figures.js';
import type { KeypointTask } from './keypoint-settings.js';
import { COCO_SIGMAS } from './keypoint-sigmas.js';

/** Of a box, the part that a figure covers (ultralytics, after COCO's masks). */
const COVERED = 0.53;

const ofMaps = overOutputs(relativeSquaredError);

/**
 * How far keypoints are from FP32's in one sample, without labels. Of a pose model over the boxes
 * of FP32 whose scores p are above the confidence,
 *
 *   (sum p (1 - OKS of the points of the two boxes) + sum |p - p'|) / sum p
 *
 * where box i is compared with box i, before any suppression. Of heatmaps and SimCC the squared
 * error relative to FP32's square.
 */
export function keypointDivergence(
  task: KeypointTask,
  reference: readonly OutputTensor[],
  output: readonly OutputTensor[],
): number {
  if (task.points !== 'yoloPose') return ofMaps(task, reference, output);
  const sigmas = task.sigmas ?? COCO_SIGMAS;
  const keypoints = sigmas.length;
  const [expected, own] = [reference, output].map((outputs) => {
    const channels = Math.min(...outputs[0]!.dims.slice(1));
    return decodePose(outputs, 1, 0, { keypoints, classes: channels - 4 - 3 * keypoints, input: null });
  });
  const rules = { ...task.rules, multiLabel: true, candidatesPerClass: null, candidatesPerLevel: null };
  const [a, b] = [expected!, own!].map((decoded) => collectCandidates(decoded, rules, (label) => label, 'any'));
  const { classes } = expected!;
  const left = new Map<number, number>();
  for (const [place, score] of b!.score.entries()) left.set(b!.box[place]! * classes + b!.class[place]!, score);
  const corners = new Float64Array(4);
  let [sum, weight] = [0, 0];
  for (const [place, score] of a!.score.entries()) {
    const box = a!.box[place]!;
    const key = box * classes + a!.class[place]!;
    expected!.corners(box, corners);
    const area = COVERED * (corners[2]! - corners[0]!) * (corners[3]! - corners[1]!);
    const [before, after] = [posePoints(expected!, box, keypoints), posePoints(own!, box, keypoints)];
    sum += score * (1 - likeness(before, after, area, sigmas)) + Math.abs(score - (left.get(key) ?? 0));
    weight += score;
    left.delete(key);
  }
  for (const score of left.values()) sum += score;
  return weight > 0 ? sum / weight : sum;
}

/** OKS with all points labelled; a point that is not finite is alike to none. */
function likeness(one: Float64Array, other: Float64Array, area: number, sigmas: readonly number[]): number {
  let sum = 0;
  for (const [point, sigma] of sigmas.entries()) {
    const dx = one[2 * point]! - other[2 * point]!;
    const dy = one[2 * point + 1]! - other[2 * point + 1]!;
    const own = Math.exp(-(dx * dx + dy * dy) / (2 * (Math.max(0, area) + Number.EPSILON) * (2 * sigma) ** 2));
    if (Number.isFinite(own)) sum += own;
  }
  return sum / sigmas.length;
}
