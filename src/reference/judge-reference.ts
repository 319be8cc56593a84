import type { PreprocessSettings } from '../formats/preprocess/preprocess-settings.js';
import { taskOf, type TaskSettings } from '../tasks/task-settings.js';
import { primaryAccuracy } from '../records/primary-accuracy.js';
import type { AccuracyRecord, EvaluationRecord } from '../records/evaluation-record.js';
import { FEW, judgeLabels } from './judge-labels.js';
import { judgeOutputs } from './judge-outputs.js';
import type { NamedSurvey, OutputSurvey } from './output-survey.js';
import type { ReferenceWarning } from './reference-warning.js';

/** An FP32 result with what it was made from. */
export interface JudgedReference {
  readonly task: TaskSettings;
  readonly preprocess: PreprocessSettings;
  readonly evaluation: EvaluationRecord;
  /** Class with the largest output `[samples]`; null where outputs are not classes. */
  readonly argmax: Int32Array | null;
  /** At least as many as samples; null without. */
  readonly labels: Int32Array | null;
  /** Of each evaluated output; empty where a part of the work was done without. */
  readonly surveys: readonly NamedSurvey[];
}

/**
 * What makes an FP32 result no reference for trials, each with its likely cause; empty for a sound
 * one. Judged once, when the result is there: everything said holds of the evaluated samples, and
 * of nothing else.
 */
export function judgeReference(reference: JudgedReference): readonly ReferenceWarning[] {
  const { task, evaluation, argmax, labels, surveys } = reference;
  const [first] = surveys;
  if (first === undefined) return [];
  const { survey } = first;
  const feeding = describeFeeding(reference.preprocess, survey);
  const ofOutputs = judgeOutputs(task, surveys, feeding);
  if (ofOutputs.some(({ kind, voids }) => kind === 'constant-output' && voids)) return ofOutputs;
  // Outputs of classes may have further axes of length 1: their numbers a sample are the classes.
  const ofLabels =
    argmax !== null && labels !== null && survey.size !== null
      ? judgeLabels({ labels, argmax, classes: survey.size }, feeding)
      : [];
  const value = primaryAccuracy(evaluation);
  const ofDetections =
    taskOf(task.kind).judgedAs === 'detections' && value !== undefined ? noDetection(evaluation, value, feeding) : [];
  return [...ofOutputs, ...ofLabels, ...ofDetections];
}

/**
 * A mean average precision of 0, or one whose interval reaches it: a hit here and there is what any
 * heatmap has.
 */
function noDetection(
  { primaryMetric, samples }: EvaluationRecord,
  { value, ciLow, ciHigh }: AccuracyRecord,
  feeding: string,
): readonly ReferenceWarning[] {
  if (value > 0 && (ciLow === null || ciLow > 0)) return [];
  const over = `FP32's ${primaryMetric} over ${samples.toLocaleString('en-US')} evaluated samples`;
  const cause = `Likely cause: ${feeding} Check the ground truth's grid and order of classes, and task.minScore, too.`;
  if (value === 0) {
    return [{ kind: 'no-detection', voids: true, message: `${over} is 0: there is no accuracy to keep.`, cause }];
  }
  const seen = `${over} is ${short(value)}, with a 95 % interval from 0 to ${short(ciHigh ?? value)}`;
  return samples < FEW
    ? [
        {
          kind: 'few-samples',
          voids: false,
          message: `${seen}: so few samples do not tell the model from one that finds nothing.`,
          cause: `Raise data.evaluation.samples. ${cause}`,
        },
      ]
    : [{ kind: 'no-detection', voids: true, message: `${seen}: there is no accuracy to keep.`, cause }];
}

/** Values beyond this are hardly what a network was trained on: bytes, not scaled ones. */
const UNSCALED = 32;

/** How the samples are fed, as far as that may be wrong. */
function describeFeeding(
  { divideBy, mean, std }: PreprocessSettings,
  { lowestInput, highestInput }: OutputSurvey,
): string {
  const range = `the model is fed values from ${short(lowestInput)} to ${short(highestInput)}`;
  const isPlain = divideBy === 1 && mean === null && std === null;
  if (isPlain && Math.max(Math.abs(lowestInput), Math.abs(highestInput)) > UNSCALED) {
    return `${range}, as stored: data.preprocess has no divideBy, mean or std. Give those that the model was trained with.`;
  }
  const lacks = mean === null && std === null ? ' without data.preprocess.mean and std' : '';
  return `${range}${lacks}. Compare data.preprocess (divideBy, mean, std, channelOrder, layout) with the model's training, and model.output and the order of the labels with its classes.`;
}

function short(value: number): string {
  return String(Number(value.toPrecision(4)));
}
