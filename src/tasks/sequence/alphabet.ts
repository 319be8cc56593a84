import { DatasetError } from '../../formats/dataset-error.js';
import { MetricError } from '../metric-error.js';
import { readTruthText } from '../truth/read-truth-text.js';
import { codePoints } from './code-points.js';
import type { SequenceTask } from './sequence-settings.js';

/** What the classes of an output mean. */
export interface Alphabet {
  /** By class; null for the blank. */
  readonly characters: readonly (string | null)[];
  readonly blank: number;
}

/**
 * The characters of the classes, with the blank in its place. Of a text each code point is one.
 *
 * @throws MetricError when neither or both of `alphabet` and `alphabetFile` are set, a character is
 *   there twice, or the blank is outside; DatasetError when the file can't be read
 */
export function readAlphabet(task: SequenceTask): Alphabet {
  const { alphabet, alphabetFile, appendSpace } = task;
  if ((alphabet === null) === (alphabetFile === null)) {
    throw new MetricError(
      `Expected one of task.alphabet and task.alphabetFile, got ${alphabet === null ? 'neither' : 'both'}. They name the characters of the classes.`,
    );
  }
  const given = typeof alphabet === 'string' ? codePoints(alphabet) : (alphabet ?? []);
  const named = alphabetFile === null ? given : readLines(alphabetFile);
  const characters = appendSpace ? [...named, ' '] : named;
  const repeated = characters.findIndex((character, index) => characters.indexOf(character) !== index);
  if (repeated >= 0) {
    const advice = appendSpace && characters[repeated] === ' ' ? ' Leave task.appendSpace out.' : '';
    throw new MetricError(
      `Expected each character of the alphabet once, got ${JSON.stringify(characters[repeated])} twice.${advice}`,
    );
  }
  const blank = task.blank === 'last' ? characters.length : task.blank;
  if (blank > characters.length) {
    throw new MetricError(
      `Expected task.blank to be a class of 0 to ${characters.length}, with an alphabet of ${characters.length} characters, got ${blank}`,
    );
  }
  return { characters: characters.toSpliced(blank, 0, null as unknown as string), blank };
}

function readLines(path: string): readonly string[] {
  const lines = readTruthText(path).split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  const empty = lines.indexOf('');
  if (lines.length > 0 && empty < 0) return lines;
  throw new DatasetError({
    expected: 'a character in every line',
    got: lines.length === 0 ? 'an empty file' : 'an empty line',
    where: lines.length === 0 ? path : `${path}, line ${empty + 1}`,
    advice: 'A line break is no character; the blank is not in the file (task.blank).',
  });
}
