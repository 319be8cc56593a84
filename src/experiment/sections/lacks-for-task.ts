import type { FileSource } from '../../formats/data-source.js';
import type { Provision } from '../../formats/format.js';
import { formats } from '../../formats/registry.js';
import { taskOf, type TaskSettings } from '../../tasks/task-settings.js';
import { describeValue } from '../experiment-error.js';

interface Missing {
  /** Inside `data.evaluation`. */
  readonly key: string;
  readonly text: string;
}

/**
 * What evaluation data lack that the task is scored by, as far as settings tell; undefined where
 * they lack nothing.
 */
export function lacksForTask(kind: TaskSettings['kind'], evaluation: FileSource): Missing | undefined {
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
