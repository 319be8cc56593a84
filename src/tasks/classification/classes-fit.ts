import { heatmapMisfit } from '../center-detection/heatmap-fit.js';
import { ANY_OUTPUT, batchMisfit, type Misfit, type OutputShape } from '../output-shape.js';
import type { FitContext } from '../task.js';

/** Why an output is not `[N, classes]`; null where it may be. */
export function classesMisfit(dims: OutputShape['dims'], context: FitContext): Misfit | null {
  return formMisfit(dims, context) ?? batchMisfit('[N, classes]', dims, context.rows);
}

function formMisfit(dims: OutputShape['dims'], context: FitContext): Misfit | null {
  const expected = 'of shape [N, classes], as task classification scores it';
  const [, classes, ...rest] = dims;
  if (dims.length === 1) {
    return {
      expected,
      what: ', one number for each sample',
      advice: `Two logits a sample would be two classes. ${ANY_OUTPUT}`,
    };
  }
  if (classes === 1 && rest.every((length) => length === 1)) {
    return { expected, what: ', one class', advice: `Two logits a sample would be two classes. ${ANY_OUTPUT}` };
  }
  if (rest.every((length) => length === null || length === 1)) return null;
  const heatmap = heatmapMisfit(dims, context) === null && context.groundTruth !== null;
  if (heatmap) {
    const advice = 'It fits the ground truth of data.evaluation: task centerDetection scores it.';
    return { expected, what: ', a heatmap for each class', advice };
  }
  if (dims.length === 4) {
    return {
      expected,
      what: ', a map (segmentation, heatmaps or features), not one answer for each sample',
      advice: ANY_OUTPUT,
    };
  }
  return { expected, what: ', several answers for each sample (tokens, boxes or cells)', advice: ANY_OUTPUT };
}

/**
 * Why class labels can't belong to an output of so many classes; null where they can.
 *
 * @param labels of the samples that are evaluated
 */
export function labelMisfit(labels: Int32Array, classes: number): string | null {
  const bad = labels.findIndex((label) => label < 0 || label >= classes);
  if (bad < 0) return null;
  let least = Infinity;
  let most = -Infinity;
  for (const label of labels) {
    least = Math.min(least, label);
    most = Math.max(most, label);
  }
  const range = least === most ? `${least}` : `${least} to ${most}`;
  const advice =
    least === 1 && most === classes
      ? 'They seem to count from 1: subtract 1 from each.'
      : least === -1
        ? 'A label of -1 says that a sample has no class: give every evaluated sample one.'
        : 'Check that data.evaluation has the labels of this model, and that model.output is its classes.';
  return `Expected labels 0 to ${classes - 1} for an output of ${classes} classes, got ${labels[bad]!} for sample ${bad} (labels are ${range}). ${advice}`;
}
