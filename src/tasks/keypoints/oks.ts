import type { TruthFigure } from './keypoint-truth.js';

/**
 * Object keypoint similarity as pycocotools `computeOks` has it: the mean over labelled points of
 * `exp(-d^2 / (2 (area + 2^-52) (2 sigma)^2))`. Of a figure without a labelled point d is the
 * distance of all points to its box, doubled in size about its centre as pycocotools means it: from
 * x - width to x + 2 width.
 *
 * @param found `[K, 2]`: x and y in pixels of the picture
 */
export function keypointSimilarity(
  found: Float64Array,
  { points, box, area }: Pick<TruthFigure, 'points' | 'box' | 'area'>,
  sigmas: readonly number[],
): number {
  let sum = 0;
  let labelled = 0;
  const spread = 2 * (area + Number.EPSILON);
  for (const [point, sigma] of sigmas.entries()) {
    if (points[3 * point + 2]! <= 0) continue;
    const dx = found[2 * point]! - points[3 * point]!;
    const dy = found[2 * point + 1]! - points[3 * point + 1]!;
    sum += Math.exp(-(dx * dx + dy * dy) / (spread * (2 * sigma) ** 2));
    labelled += 1;
  }
  if (labelled > 0) return sum / labelled;
  if (box === null) return 0;
  const [x, y, width, height] = box as [number, number, number, number];
  for (const [point, sigma] of sigmas.entries()) {
    const dx = beyond(found[2 * point]!, x - width, x + 2 * width);
    const dy = beyond(found[2 * point + 1]!, y - height, y + 2 * height);
    sum += Math.exp(-(dx * dx + dy * dy) / (spread * (2 * sigma) ** 2));
  }
  return sum / sigmas.length;
}

/** How far a number is outside of a range. */
function beyond(value: number, from: number, to: number): number {
  return Math.max(0, from - value) + Math.max(0, value - to);
}
