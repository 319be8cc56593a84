import { codePoints } from './code-points.js';
import { editDistance } from './edit-distance.js';
import type { SequenceTask } from './sequence-settings.js';

/** How a text that was read differs from the true one. */
export interface TextComparison {
  /** Levenshtein distance in code points. */
  readonly edits: number;
  /** Code points of the true text. */
  readonly length: number;
  readonly isExact: boolean;
  /** Without spaces (U+0020), as PaddleOCR's RecMetric compares them. */
  readonly isExactWithoutSpaces: boolean;
  /** Edits over the longer length, of the texts without spaces; 0 where both are empty. */
  readonly normalizedEdits: number;
}

/** Compares texts once both are normalized as the settings say. */
export function compareTexts(
  read: string,
  truth: string,
  task: Pick<SequenceTask, 'unicode' | 'ignoreCase'>,
): TextComparison {
  const [own, other] = [normalizedText(read, task), normalizedText(truth, task)];
  const [points, truePoints] = [codePoints(own), codePoints(other)];
  const [bare, trueBare] = [withoutSpaces(points), withoutSpaces(truePoints)];
  const longest = Math.max(bare.length, trueBare.length);
  const bareEdits = editDistance(bare, trueBare);
  return {
    edits: editDistance(points, truePoints),
    length: truePoints.length,
    isExact: own === other,
    isExactWithoutSpaces: bareEdits === 0,
    normalizedEdits: longest === 0 ? 0 : bareEdits / longest,
  };
}

function withoutSpaces(points: readonly string[]): readonly string[] {
  return points.filter((point) => point !== ' ');
}

/** A text as it is compared. */
export function normalizedText(
  text: string,
  { unicode, ignoreCase }: Pick<SequenceTask, 'unicode' | 'ignoreCase'>,
): string {
  const form = unicode === 'asIs' ? text : text.normalize(unicode);
  return ignoreCase ? form.toLowerCase() : form;
}
