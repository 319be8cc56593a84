import { truthOf } from '../data-facts.js';
import { isPaddle } from '../main-input.js';
import type { Recogniser } from './task-guess.js';

/** Classes that an alphabet has at least, with the blank. */
const LEAST_CLASSES = 11;

/** Class scores of each step, as for CTC: `[T, C]` of one sample. */
export const recogniseSequence: Recogniser = (seen) => {
  const [output, second] = seen.outputs;
  if (output === undefined || second !== undefined || output.isInteger || output.dims.length !== 2) return null;
  const [steps, classes] = output.dims;
  const texts = truthOf(seen.data, 'texts');
  const { size } = seen.main;
  const isWide = size !== null && size[1] >= 1.5 * size[0];
  const ofPaddle = isPaddle(seen.facts);
  if (texts === null && !(ofPaddle && isWide) && !(isWide && /softmax/i.test(output.maker))) return null;
  if (typeof classes !== 'number' || classes < LEAST_CLASSES) return null;
  const looksLike = `${steps ?? 'some'} steps of ${classes} classes, as for CTC`;
  const because = `output ${output.name} [${steps ?? '?'}, ${classes}]${isWide ? ', of a wide picture' : ''}`;
  const family = ofPaddle ? 'paddle' : 'classifier';
  if (texts === null || texts.alphabet === null) {
    return {
      ...{ looksLike, because, family, task: null, outputs: null },
      missing: [
        texts === null
          ? 'For the character error rate put a CSV of name and text beside the pictures, and run init again.'
          : `The alphabet is not known: put alphabet.txt, a character a line in the order of classes, beside ${texts.path}.`,
      ],
    };
  }
  return {
    ...{ looksLike, because, family, outputs: null },
    task: { kind: 'sequence', truth: texts.path, alphabetFile: texts.alphabet },
    missing: ['The blank is taken for class 0; of TensorFlow and Keras set blank: last.'],
  };
};
