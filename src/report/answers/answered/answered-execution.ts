import { effectSentence } from '../answer-pairs.js';
import type { AnsweredQuestion } from './answered-question.js';

/** What the runtime's integer kernels change. */
export const answeredExecution: AnsweredQuestion = {
  answer: ({ measured: { execution }, metric }) =>
    execution === null
      ? null
      : effectSentence('Integer instead of simulated execution: ', execution, metric, {
          higher: 'integer is better',
          lower: 'integer is worse',
          neither: 'no significant difference',
        }),
};
