import type { DetectionGroundTruth } from '../formats/dataset.js';
import type { TaskSettings } from './task-settings.js';
import { printableName } from '../text/printable.js';

/** Shape of an output for so many samples; null where a length is not known. */
export interface OutputShape {
  readonly name: string;
  readonly dims: readonly (number | null)[];
}

/** What the evaluated output has to fit. */
export interface OutputContext {
  readonly task: TaskSettings['kind'];
  /** Samples that the shape is of; null where the batch is not known. */
  readonly rows: number | null;
  readonly groundTruth: Pick<DetectionGroundTruth, 'classes' | 'grid'> | null;
  /** The model's other outputs: one of them may be what is meant. */
  readonly others?: readonly OutputShape[];
}

/**
 * Why an output can't be scored by a task, as far as shapes tell, with what to do instead; null where it can, or where
 * what is known of the shape does not tell.
 */
export function outputMisfit(output: OutputShape, context: OutputContext): string | null {
  const problem = misfitOf(output.dims, context);
  if (problem === null) return null;
  const name = `"${printableName(output.name, 200)}"`;
  const other = (context.others ?? []).find(({ name: own, dims }) => own !== output.name && fitsSurely(dims, context));
  const hint =
    other === undefined
      ? problem.advice
      : `Output "${printableName(other.name, 200)}" is [${shapeText(other.dims)}]: model.output takes it.`;
  return `Expected output ${name} to be ${problem.expected}, got [${shapeText(output.dims)}]${problem.what}. ${hint}`;
}

interface Misfit {
  readonly expected: string;
  /** What such a shape usually is, as `, a map`; may be empty. */
  readonly what: string;
  readonly advice: string;
}

const ANY =
  "Task fidelity scores any output by its likeness to FP32's; a metric of your own can be task module or command (docs/CUSTOM.md).";

function misfitOf(dims: OutputShape['dims'], context: OutputContext): Misfit | null {
  const { rows } = context;
  const batch = dims[0];
  const isBatchWrong = batch === undefined || (rows !== null && batch !== null && batch !== rows);
  switch (context.task) {
    case 'classification':
      return classificationMisfit(dims, context) ?? (isBatchWrong ? batchMisfit('[N, classes]', dims, rows) : null);
    case 'centerDetection':
      return detectionMisfit(dims, context) ?? (isBatchWrong ? batchMisfit('[N, classes, H, W]', dims, rows) : null);
    case 'fidelity':
    case 'module':
    case 'command':
      return isBatchWrong || dims.slice(1).includes(0) ? batchMisfit('[N, ...]', dims, rows) : null;
  }
}

function batchMisfit(form: string, dims: OutputShape['dims'], rows: number | null): Misfit {
  const [batch] = dims;
  const samples = rows === null ? '' : ` for ${rows} ${rows === 1 ? 'sample' : 'samples'}`;
  const isForOne = batch === 1 && rows !== null && rows > 1;
  return {
    expected: `of shape ${form}, a row for each sample`,
    what: samples,
    advice: isForOne
      ? 'The model takes one sample at a time: set data.evaluation.batchSize: 1 and data.calibration.batchSize: 1.'
      : 'Its first axis must be the samples: choose another output as model.output, or export the model with the batch first.',
  };
}

function classificationMisfit(dims: OutputShape['dims'], context: OutputContext): Misfit | null {
  const expected = 'of shape [N, classes], as task classification scores it';
  const [, classes, ...rest] = dims;
  if (dims.length === 1) {
    return {
      expected,
      what: ', one number for each sample',
      advice: `Two logits a sample would be two classes. ${ANY}`,
    };
  }
  if (classes === 1 && rest.every((length) => length === 1)) {
    return { expected, what: ', one class', advice: `Two logits a sample would be two classes. ${ANY}` };
  }
  if (rest.every((length) => length === null || length === 1)) return null;
  const heatmap = detectionMisfit(dims, context) === null && context.groundTruth !== null;
  if (heatmap) {
    const advice = 'It fits the ground truth of data.evaluation: task centerDetection scores it.';
    return { expected, what: ', a heatmap for each class', advice };
  }
  if (dims.length === 4) {
    return {
      expected,
      what: ', a map (segmentation, heatmaps or features), not one answer for each sample',
      advice: ANY,
    };
  }
  return { expected, what: ', several answers for each sample (tokens, boxes or cells)', advice: ANY };
}

function detectionMisfit(dims: OutputShape['dims'], { groundTruth }: OutputContext): Misfit | null {
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
      advice: `Task classification scores that, with labels. ${ANY}`,
    };
  }
  const advice =
    dims.length === 4
      ? 'Ground truth must be in cells of this output, with its classes in order.'
      : `Boxes and other lists of detections are not heatmaps. ${ANY}`;
  return { expected, what: '', advice };
}

/** Whether all that the task needs is known of a shape, and fits. */
function fitsSurely(dims: OutputShape['dims'], context: OutputContext): boolean {
  const isKnown = dims.slice(1).every((length) => length !== null);
  return isKnown && context.task !== 'fidelity' && misfitOf(dims, context) === null;
}

function shapeText(dims: OutputShape['dims']): string {
  return dims.map((length) => length ?? 'any').join(', ');
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
