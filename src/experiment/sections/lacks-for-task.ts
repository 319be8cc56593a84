import type { TaskSettings } from '../../tasks/task-settings.js';
import { describeValue } from '../experiment-error.js';
import type { WrittenSource } from './data-schema.js';

interface Missing {
  /** Inside `data.evaluation`. */
  readonly key: string;
  readonly text: string;
}

function lacksForClassification(evaluation: WrittenSource): Missing | undefined {
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

function lacksForCenterDetection(evaluation: WrittenSource): Missing | undefined {
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

/** What evaluation data lack that the task is scored by; undefined where they lack nothing. */
export function lacksForTask(kind: TaskSettings['kind'], evaluation: WrittenSource): Missing | undefined {
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
