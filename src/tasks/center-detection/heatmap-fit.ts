import { ANY_OUTPUT, type Misfit, type OutputShape } from '../output-shape.js';
import type { FitContext } from '../task.js';

/** Why an output is no heatmap `[N, classes, H, W]` of the ground truth; null where it may be. */
export function heatmapMisfit(
  dims: OutputShape['dims'],
  { groundTruth }: Pick<FitContext, 'groundTruth'>,
): Misfit | null {
  const wanted = groundTruth === null ? null : [groundTruth.classes.length, ...groundTruth.grid];
  const fits =
    dims.length === 4 &&
    (wanted === null || dims.slice(1).every((length, i) => length === null || length === wanted[i]));
  if (fits) return null;
  const expected =
    wanted === null
      ? 'of shape [N, classes, H, W], heatmaps as task centerDetection scores them'
      : `of shape [N, ${wanted.join(', ')}], by the classes and grid of the ground truth`;
  if (dims.length === 2 || (dims.length > 2 && dims.slice(2).every((length) => length === 1))) {
    return {
      expected,
      what: ', one answer for each sample',
      advice: `Task classification scores that, with labels. ${ANY_OUTPUT}`,
    };
  }
  const advice =
    dims.length === 4
      ? 'Ground truth must be in cells of this output, with its classes in order.'
      : `Boxes and other lists of detections are not heatmaps. ${ANY_OUTPUT}`;
  return { expected, what: '', advice };
}
