import { basename } from 'node:path';
import type { OutputShape } from '../tasks/output-shape.js';
import { taskOf } from '../tasks/task-settings.js';
import { printableName } from '../text/printable.js';
import type { CheckedOutputs } from './check-outputs.js';

/** Names that a note lists. */
const LISTED = 12;

/**
 * Of models with several outputs: which are evaluated, with their shapes, and which nothing is
 * scored by.
 */
export function outputNotes(checked: readonly CheckedOutputs[]): readonly string[] {
  return [...new Set(checked.flatMap(notesOf))];
}

function notesOf({ model, task, outputs, unscored }: CheckedOutputs): readonly string[] {
  if (outputs.length + unscored.length < 2) return [];
  const file = basename(model.path);
  const evaluated = listed(outputs.map((output) => `${quoted(output.name)} ${shapeText(output)}`));
  const notes = [`${file}: evaluated by task ${task.kind}: ${evaluated}`];
  if (unscored.length === 0) return notes;
  const what = unscored.length === 1 ? 'output is' : 'outputs are';
  const advice =
    taskOf(task.kind).outputs === 'several'
      ? ' model.outputs names those that are evaluated.'
      : ` Task ${task.kind} scores one output; task fidelity compares all of them.`;
  return [
    ...notes,
    `  ${unscored.length} ${what} not scored, and may change unseen: ${listed(unscored.map(quoted))}.${advice}`,
  ];
}

function quoted(name: string): string {
  return `"${printableName(name, 100)}"`;
}

/** Of a sample; `?` for a length that is not known or differs from sample to sample. */
function shapeText({ dims }: OutputShape): string {
  return `[${['N', ...dims.slice(1).map((length) => length ?? '?')].join(', ')}]`;
}

function listed(texts: readonly string[]): string {
  const more = texts.length - LISTED;
  return more > 0 ? `${texts.slice(0, LISTED).join(', ')} and ${more} more` : texts.join(', ');
}
