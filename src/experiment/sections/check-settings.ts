import type { Provision } from '../../formats/format.js';
import { formats } from '../../formats/registry.js';
import { taskOf } from '../../tasks/task-settings.js';
import { describeValue } from '../experiment-error.js';
import type { Problem } from '../experiment-error.js';
import { placeOf } from '../file/located-node.js';
import type { ResolvedSections } from '../grid/resolve-settings.js';
import type { FileSettings } from './settings-schema.js';

type Evaluation = FileSettings['data']['evaluation'];

interface Missing {
  /** Path inside `data.evaluation`. */
  readonly key: string;
  readonly text: string;
}

/** What the task is scored by and the evaluation data are known not to have; undefined where there is nothing of it. */
function lacksForTask({ kind }: FileSettings['task'], evaluation: Evaluation): Missing | undefined {
  const what = taskOf(kind).needs;
  if (what === null) return undefined;
  const why = `that task ${kind} is scored by`;
  const provision: Provision = formats[evaluation.format][what];
  if (provision === 'always' || provision === 'onceOpened') return undefined;
  if (provision === 'never') {
    const name = what === 'labels' ? 'class labels' : 'ground truth';
    const text = `expected a format with ${name}, ${why}, got ${describeValue(evaluation.format)}`;
    return { key: 'format', text };
  }
  const { setting: key, expected } = provision;
  if ((evaluation as Readonly<Record<string, unknown>>)[key] !== null) return undefined;
  return { key, text: `expected ${expected}, ${why}, got null or nothing` };
}

/** Why layers can't be kept in float by their rank under the other settings; null if they can. */
function obstacleToKeeping({ layers, smoothing }: FileSettings): string | null {
  if (layers.sensitivity !== 'none') return `layers.sensitivity ${layers.sensitivity}, which is of all layers`;
  const searched = smoothing.mode === 'dynamic' ? 'smoothing.mode dynamic' : 'smoothing.alpha auto';
  if (smoothing.mode === 'dynamic' || (smoothing.mode === 'static' && smoothing.alpha === 'auto')) {
    return `${searched}, whose alphas are searched with every layer quantized`;
  }
  return null;
}

function checkKeepFloat(settings: FileSettings, sections: ResolvedSections): readonly Problem[] {
  const { keepFloat } = settings.layers;
  const obstacle = keepFloat === 0 ? null : obstacleToKeeping(settings);
  if (obstacle === null) return [];
  // A number other than the default is written out.
  const place = placeOf(sections.layers.node!, ['keepFloat']);
  return [{ place, field: 'layers.keepFloat', text: `expected 0 beside ${obstacle}, got ${keepFloat}` }];
}

/**
 * What is wrong between sections that are each right by themselves: evaluation data that the task can't be scored on,
 * layers kept in float by a rank that other settings rule out, and stopping by a metric that is no count of samples.
 */
export function checkSettings(settings: FileSettings, sections: ResolvedSections): readonly Problem[] {
  return [
    ...checkEvaluationData(settings, sections),
    ...checkKeepFloat(settings, sections),
    ...checkStop(settings, sections),
  ];
}

/** The sequential test pairs samples that are right or wrong; the metrics of other tasks are not made of such samples. */
function checkStop({ task, data }: FileSettings, sections: ResolvedSections): readonly Problem[] {
  const { confidence } = data.evaluation.stop;
  if (confidence === null || taskOf(task.kind).countsSamples) return [];
  const place = placeOf(sections.data.node!, ['evaluation', 'stop', 'confidence']);
  const why = `whose metric does not say of each sample whether it is right`;
  const text = `expected null beside task ${task.kind}, ${why}, got ${confidence}`;
  return [{ place, field: 'data.evaluation.stop.confidence', text }];
}

function checkEvaluationData(settings: FileSettings, sections: ResolvedSections): readonly Problem[] {
  const { evaluation } = settings.data;
  const missing = lacksForTask(settings.task, evaluation);
  if (missing === undefined) return [];
  // Valid settings have their data section written out.
  const place = placeOf(sections.data.node!, ['evaluation', missing.key]);
  return [{ place, field: `data.evaluation.${missing.key}`, text: missing.text }];
}
