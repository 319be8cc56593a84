import { MetricError } from '../metric-error.js';
import type { TaskSurroundings } from '../task.js';
import { readAlphabet } from './alphabet.js';
import { codePoints } from './code-points.js';
import { normalizedText } from './compare-texts.js';
import type { SequenceTask } from './sequence-settings.js';
import { classesOf, wrongClasses } from './step-layout.js';
import { readTextTruth } from './text-truth.js';

/**
 * Reads alphabet and texts and holds them against samples and output.
 *
 * @returns how many texts there are, how they belong to samples, and characters that no class is of
 * @throws MetricError or DatasetError
 */
export function inspectSequence(task: SequenceTask, surroundings: TaskSurroundings): readonly string[] {
  const { sampleCount, names, outputs } = surroundings;
  const { characters, blank } = readAlphabet(task);
  const [output] = outputs;
  const found = output === undefined ? null : classesOf(task, output.dims);
  if (found !== null && found !== characters.length) throw new MetricError(wrongClasses(found, characters.length));
  const { texts, by, unused } = readTextTruth(task.truth, names, sampleCount);
  const more = unused === 0 ? '' : `, ${unused} further ones are of no evaluated sample`;
  const pointsOf = (text: string): readonly string[] => codePoints(normalizedText(text, task));
  const readable = new Set(characters.flatMap((each) => (each === null ? [] : pointsOf(each))));
  const strange = texts.filter((text) => pointsOf(text).some((each) => !readable.has(each)));
  const example = strange[0];
  return [
    `sequence: ${sampleCount} texts of ${task.truth}, by ${by}${more}; ${characters.length - 1} characters, blank is class ${blank}`,
    ...(example === undefined
      ? []
      : [
          `sequence: ${strange.length} of ${sampleCount} texts have characters that no class is of, so they are never read without an error: ${named(pointsOf(example).find((each) => !readable.has(each))!)} in ${JSON.stringify(example)}`,
        ]),
  ];
}

/** `"é" (U+00E9)` */
function named(point: string): string {
  return `${JSON.stringify(point)} (U+${point.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')})`;
}
