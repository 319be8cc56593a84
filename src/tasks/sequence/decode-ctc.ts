import { NonFiniteError } from '../../records/non-finite-error.js';
import type { Alphabet } from './alphabet.js';

/** How the steps of one sample lie in its output. */
export interface StepLayout {
  readonly steps: number;
  readonly classes: number;
  /** Numbers from a step to the next, and from a class to the next. */
  readonly stepStride: number;
  readonly classStride: number;
}

/**
 * The text of one sample by greedy CTC decoding (Graves et al. 2006, best path): of each step the
 * largest class, of equal ones the lowest; equal neighbours are one; then blanks go.
 *
 * @param output logits, probabilities or logarithms of these; minus infinity is a value like others
 * @throws NonFiniteError when it holds NaN or infinity
 */
export function decodeCtc(
  output: Float32Array,
  layout: StepLayout,
  { characters, blank }: Alphabet,
  what: string,
): string {
  const { steps, classes, stepStride, classStride } = layout;
  let text = '';
  let before = -1;
  for (let step = 0; step < steps; step += 1) {
    let best = 0;
    let largest = -Infinity;
    for (let each = 0; each < classes; each += 1) {
      const value = output[step * stepStride + each * classStride]!;
      // Also true of NaN.
      if (!(value < Infinity)) throw new NonFiniteError(`${what}, step ${step}, class ${each}`, value);
      if (value > largest) [best, largest] = [each, value];
    }
    if (best !== before && best !== blank) text += characters[best]!;
    before = best;
  }
  return text;
}
