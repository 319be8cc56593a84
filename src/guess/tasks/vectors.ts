import { truthOf } from '../data-facts.js';
import type { Recogniser } from './task-guess.js';

/** One vector a sample: logits of classes, or an embedding. */
export const recogniseVector: Recogniser = (seen) => {
  const vectors = seen.outputs.filter(
    ({ dims, isInteger }) => dims.filter((length) => length !== 1).length <= 1 && dims.length >= 1 && !isInteger,
  );
  const [output] = vectors;
  if (output === undefined) return null;
  const length = output.dims.find((own) => own !== 1) ?? 1;
  if (typeof length !== 'number') return null;
  const because = `output ${output.name} [${output.dims.join(', ')}]${output.maker === '' ? '' : `, made by ${output.maker}`}`;
  const outputs = seen.outputs.length > 1 ? [output.name] : null;
  const pairs = truthOf(seen.data, 'pairs');
  const isNormalized = /^(LpNormalization|Div|ReduceL2)$/.test(output.maker);
  if (pairs !== null || isNormalized || /embed|feat/i.test(output.name)) {
    return {
      ...{ looksLike: `an embedding of ${length} numbers`, because, family: 'classifier', outputs },
      task: pairs === null ? null : { kind: 'embedding', truth: pairs.path },
      missing:
        pairs === null
          ? ['For verification put a CSV of pairs (first, second, 1 or 0) beside the pictures, and run init again.']
          : [],
    };
  }
  if (length === 1) {
    const looksLike = 'one number a sample';
    return {
      looksLike,
      because,
      family: 'classifier',
      task: null,
      missing: ['A single number has no task of its own.'],
      outputs: null,
    };
  }
  const hasLabels = seen.data?.evaluation.hasLabels === true;
  const classes = seen.data?.evaluation.classes ?? null;
  const differs = hasLabels && classes !== null && classes !== length;
  return {
    ...{ looksLike: `logits or probabilities of ${length} classes`, because, family: 'classifier', outputs },
    task: hasLabels ? { kind: 'classification' } : null,
    missing: [
      ...(hasLabels
        ? []
        : ['For top-1 put pictures in a folder for each class, or labels beside them, and run init again.']),
      ...(differs
        ? [`The data has ${classes} classes, the model ${length}: name all in data.evaluation.classes, in label order.`]
        : []),
    ],
  };
};
