import type { Question } from '../question.js';
import { alphaCount } from '../sweep-shape.js';

/** FP32 is no reference: the page says why, and nothing else leads. */
export const voidReference: Question = {
  title: 'What is wrong with FP32',
  strength: ({ isVoid }) => (isVoid ? 100 : 0),
  lead: (shape) => (alphaCount(shape) > 1 ? 'accuracy-by-alpha' : 'trials'),
  figures: ['inputs'],
  lacks: () => [],
};
