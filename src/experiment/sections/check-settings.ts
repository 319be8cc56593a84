import { alphaModeOf } from '../../smooth/canonical-smoothing.js';
import { searchesAlphas } from '../../smooth/modes/registry.js';
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

function lacksForClassification(evaluation: Evaluation): Missing | undefined {
  const why = 'that task classification is scored by';
  switch (evaluation.format) {
    case 'cifar10':
      return undefined;
    case 'npy':
    case 'npyFolder':
      if (evaluation.labels !== null) return undefined;
      return { key: 'labels', text: `expected the path of a .npy file of class labels, ${why}, got null or nothing` };
    case 'idx':
      if (evaluation.labels !== null) return undefined;
      return { key: 'labels', text: `expected the path of an IDX file of class labels, ${why}, got null or nothing` };
    case 'imageFolder':
    case 'module':
      // Whether there are labels is known when the folder or the module is opened.
      return undefined;
    case 'npz':
      if (evaluation.labelsArray !== null) return undefined;
      return {
        key: 'labelsArray',
        text: `expected the name of the array of class labels, ${why}, got null or nothing`,
      };
    case 'synthetic':
    case 'bevScenes':
      return {
        key: 'format',
        text: `expected a format with class labels, ${why}, got ${describeValue(evaluation.format)}`,
      };
  }
}

function lacksForCenterDetection(evaluation: Evaluation): Missing | undefined {
  const why = 'that task centerDetection is scored by';
  switch (evaluation.format) {
    case 'cifar10':
    case 'idx':
    case 'imageFolder':
    case 'synthetic':
      return {
        key: 'format',
        text: `expected a format with ground truth, ${why}, got ${describeValue(evaluation.format)}`,
      };
    case 'npy':
    case 'npz':
    case 'npyFolder':
      if (evaluation.groundTruth !== null) return undefined;
      return {
        key: 'groundTruth',
        text: `expected the path of a JSON file of ground truth, ${why}, got null or nothing`,
      };
    case 'module':
    case 'bevScenes':
      return undefined;
  }
}

function lacksForTask({ kind }: FileSettings['task'], evaluation: Evaluation): Missing | undefined {
  switch (kind) {
    case 'classification':
      return lacksForClassification(evaluation);
    case 'centerDetection':
      return lacksForCenterDetection(evaluation);
    case 'fidelity':
    case 'module':
    case 'command':
      return undefined;
  }
}

/** Why layers can't be kept in float by their rank under the other settings; null if they can. */
function obstacleToKeeping({ layers, smoothing }: FileSettings): string | null {
  if (layers.sensitivity !== 'none') return `layers.sensitivity ${layers.sensitivity}, which is of all layers`;
  const mode = alphaModeOf(smoothing);
  if (!searchesAlphas(mode)) return null;
  const searched = mode === 'auto' ? 'smoothing.alpha auto' : `smoothing.mode ${mode}`;
  return `${searched}, whose alphas are searched with every layer quantized`;
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
  if (confidence === null || task.kind === 'classification') return [];
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
