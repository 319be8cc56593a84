import { MetricError } from '../metric-error.js';
import type { WrittenPredictions } from './prediction-files.js';

/** `{predictions}`, `{predictions:NAME}` and `{folder}`. */
const PLACEHOLDER = /\{predictions(?::([^}]*))?\}|\{folder\}/g;

/** Whether a word says where the outputs are. */
export function hasPlaceholder(word: string): boolean {
  return word.search(PLACEHOLDER) >= 0;
}

/** The outputs that words of a command name. */
export function namedPredictions(command: readonly string[]): readonly string[] {
  return command.flatMap((word) => [...word.matchAll(PLACEHOLDER)].flatMap(([, name]) => name ?? []));
}

/**
 * A word with the paths of the files in the place of its placeholders: `{predictions}` is the first
 * output.
 *
 * @throws MetricError for a name that no evaluated output has
 */
export function filledWord(word: string, { folder, files }: WrittenPredictions): string {
  return word.replace(PLACEHOLDER, (placeholder, name: string | undefined) => {
    if (placeholder === '{folder}') return folder;
    const path = name === undefined ? [...files.values()][0] : files.get(name);
    if (path === undefined) throw unknownPrediction(name!, [...files.keys()]);
    return path;
  });
}

export function unknownPrediction(name: string, outputs: readonly string[]): MetricError {
  const known = outputs.map((output) => `"${output}"`).join(', ');
  return new MetricError(
    `Expected {predictions:${name}} of task.command to name an evaluated output (${known}), got "${name}"`,
  );
}
