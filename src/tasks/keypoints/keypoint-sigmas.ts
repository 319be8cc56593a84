import { MetricError } from '../metric-error.js';

/**
 * Of nose, eyes, ears, shoulders, elbows, wrists, hips, knees and ankles, left before right
 * (pycocotools `Params.kpt_oks_sigmas`).
 */
export const COCO_SIGMAS: readonly number[] = [
  ...[0.26, 0.25, 0.25, 0.35, 0.35, 0.79, 0.79, 0.72, 0.72],
  ...[0.62, 0.62, 1.07, 1.07, 0.87, 0.87, 0.89, 0.89],
].map((tenths) => tenths / 10);

/**
 * The sigmas of so many keypoints.
 *
 * @throws MetricError where none are given for a skeleton that is not COCO's, or of another number
 */
export function sigmasFor(given: readonly number[] | null, keypoints: number, where: string): readonly number[] {
  const sigmas = given ?? COCO_SIGMAS;
  if (sigmas.length === keypoints) return sigmas;
  throw new MetricError(
    given === null
      ? `Expected task.sigmas for the ${keypoints} keypoints of ${where}, got none: those of COCO are of 17`
      : `Expected task.sigmas of ${keypoints} keypoints, as ${where} has, got ${given.length}`,
  );
}
