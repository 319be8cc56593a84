import { NonFiniteError } from '../../records/non-finite-error.js';
import { outputsOf, requireHead } from '../detection/bind-head.js';
import { detect } from '../detection/detect.js';
import type { DenseBoxes } from '../detection/heads/head.js';
import type { OutputTensor } from '../metric.js';
import { MetricError } from '../metric-error.js';
import type { KeypointTask } from './keypoint-settings.js';
import type { FoundFigure } from './match-figures.js';

/**
 * Figures of one sample; points in pixels of the sample, or in fractions of its width and height.
 */
export interface DecodedFigures {
  readonly figures: readonly FoundFigure[];
  readonly unit: 'pixels' | 'fraction';
  /** Scores, boxes and points that were left out because they were not finite. */
  readonly nonFinite: number;
}

/** What of the ground truth an output has to have. */
export interface Skeleton {
  readonly keypoints: number;
  readonly classes: number;
  /** Height and width of a sample; null: not known. */
  readonly input: readonly [number, number] | null;
}

/** The head that has the boxes of a pose model: the points are its further columns. */
export function poseHead(keypoints: number) {
  return { kind: 'yolov8', output: null, extra: 3 * keypoints, units: 'pixels' } as const;
}

/**
 * The figures that a model found in sample `index` of a batch, by falling score.
 *
 * @param sample for messages
 * @throws MetricError where an output has another shape; NonFiniteError where a heatmap holds NaN
 */
export function decodeFigures(
  task: KeypointTask,
  outputs: readonly OutputTensor[],
  count: number,
  index: number,
  skeleton: Skeleton,
  sample: number,
): DecodedFigures {
  if (task.points === 'yoloPose') return ofPose(task, outputs, count, index, skeleton);
  const figure = task.points === 'heatmaps' ? ofHeatmaps : ofSimcc;
  return { figures: [figure(task, outputs, count, index, skeleton, sample)], unit: 'fraction', nonFinite: 0 };
}

/** Boxes of a pose model in one sample, before suppression. */
export function decodePose(
  outputs: readonly OutputTensor[],
  count: number,
  index: number,
  { keypoints, classes, input }: Skeleton,
): DenseBoxes {
  const found = requireHead({ head: poseHead(keypoints) }, outputs, count, { classes, input, priors: null });
  const decoded = found.bound.decode(outputsOf(outputs, count, index, found.unbatched), index);
  if (decoded.kind === 'dense' && decoded.classes === classes) return decoded;
  const got = decoded.kind === 'dense' ? 4 + decoded.classes + 3 * keypoints : 0;
  throw new MetricError(
    `Expected ${4 + classes + 3 * keypoints} numbers for each box, 4 of the box, ${classes} of classes and 3 for each of ` +
      `${keypoints} keypoints as the ground truth has, got ${got}: check task.truth and model.outputs`,
  );
}

/** x and y of each point of a box. */
export function posePoints(
  { scores, offset, classes, boxStride, classStride }: DenseBoxes,
  box: number,
  keypoints: number,
) {
  const first = offset + box * boxStride + classes * classStride;
  const points = new Float64Array(2 * keypoints);
  for (let point = 0; point < keypoints; point += 1) {
    points[2 * point] = scores[first + 3 * point * classStride]!;
    points[2 * point + 1] = scores[first + (3 * point + 1) * classStride]!;
  }
  return points;
}

function ofPose(
  { rules }: KeypointTask,
  outputs: readonly OutputTensor[],
  count: number,
  index: number,
  skeleton: Skeleton,
): DecodedFigures {
  const decoded = decodePose(outputs, count, index, skeleton);
  const pointsOf = (box: number): Float64Array => posePoints(decoded, box, skeleton.keypoints);
  // A figure whose points are not finite is no candidate: it must not suppress one that is whole.
  const whole: DenseBoxes = {
    ...decoded,
    corners(box, into) {
      if (pointsOf(box).every(Number.isFinite)) decoded.corners(box, into);
      else into.fill(NaN);
    },
  };
  const boxes = detect(whole, rules, (label) => label);
  const figures = Array.from(boxes.score, (score, place) => ({
    ...{ class: boxes.class[place]!, score },
    points: pointsOf(boxes.box[place]!),
  }));
  return { figures, unit: 'pixels', nonFinite: boxes.nonFinite };
}

/**
 * The largest cell of each heatmap, of equal ones the first; with `quarterOffset` a quarter towards
 * the larger neighbour along each axis, where the cell is not at or next to the border (Xiao et al.
 * 2018, "Simple baselines"). The score of the figure is the mean of the largest values.
 */
function ofHeatmaps(
  { quarterOffset, cellOffset }: KeypointTask,
  [output]: readonly OutputTensor[],
  count: number,
  index: number,
  { keypoints }: Skeleton,
  sample: number,
): FoundFigure {
  const { data, dims } = output!;
  const [batch, maps, height, width] = dims as [number, number, number, number];
  if (dims.length !== 4 || batch !== count || maps !== keypoints) {
    throw new MetricError(
      `Expected heatmaps of shape [${count}, ${keypoints}, H, W], as the ground truth has ${keypoints} keypoints, got [${dims.join(', ')}]`,
    );
  }
  const points = new Float64Array(2 * keypoints);
  let score = 0;
  for (let point = 0; point < keypoints; point += 1) {
    const size = height * width;
    const map = data.subarray((index * keypoints + point) * size, (index * keypoints + point + 1) * size);
    const best = largest(map, sample, point);
    let [x, y] = [best % width, Math.floor(best / width)];
    score += map[best]! / keypoints;
    if (quarterOffset && x > 1 && x < width - 1 && y > 1 && y < height - 1) {
      x += Math.sign(map[best + 1]! - map[best - 1]!) / 4;
      y += Math.sign(map[best + width]! - map[best - width]!) / 4;
    }
    points[2 * point] = (x + cellOffset) / width;
    points[2 * point + 1] = (y + cellOffset) / height;
  }
  return { class: 0, score, points };
}

/**
 * The largest of the bins of each axis (SimCC, Li et al. 2022); of a point the smaller of both
 * values counts, and the score of the figure is the mean of these (mmpose `get_simcc_maximum`).
 */
function ofSimcc(
  { cellOffset }: KeypointTask,
  [acrossOutput, downOutput]: readonly OutputTensor[],
  count: number,
  index: number,
  { keypoints }: Skeleton,
  sample: number,
): FoundFigure {
  const points = new Float64Array(2 * keypoints);
  const values = new Float64Array(keypoints).fill(Infinity);
  for (const [axis, output] of [acrossOutput, downOutput].entries()) {
    const dims = output?.dims ?? [];
    const [batch, maps, bins] = dims as [number, number, number];
    if (dims.length !== 3 || batch !== count || maps !== keypoints) {
      throw new MetricError(
        `Expected two outputs of shape [${count}, ${keypoints}, bins], x and then y, got ${output === undefined ? 'one' : `[${dims.join(', ')}]`}`,
      );
    }
    for (let point = 0; point < keypoints; point += 1) {
      const start = (index * keypoints + point) * bins;
      const map = output!.data.subarray(start, start + bins);
      const best = largest(map, sample, point);
      points[2 * point + axis] = (best + cellOffset) / bins;
      values[point] = Math.min(values[point]!, map[best]!);
    }
  }
  return { class: 0, score: values.reduce((sum, value) => sum + value, 0) / keypoints, points };
}

function largest(map: Float32Array, sample: number, point: number): number {
  let best = 0;
  for (let place = 0; place < map.length; place += 1) {
    if (!Number.isFinite(map[place]!))
      throw new NonFiniteError(`output, sample ${sample}, keypoint ${point}`, map[place]);
    if (map[place]! > map[best]!) best = place;
  }
  return best;
}
