import type { QuestionKind } from '../../questions/registry.js';
import type { SweepFacts } from '../../facts/sweep-facts.js';
import { calibrationSentence, methodSentence } from '../answer-pairs.js';
import { bestSentence, unsmoothedSentence } from '../best-sentence.js';
import type { Sentence } from '../sentence.js';
import { staticDynamicSentence } from '../static-dynamic-sentence.js';
import { tieSentence } from '../tie-sentence.js';
import { answeredBaselines } from './answered-baselines.js';
import { answeredCost } from './answered-cost.js';
import { answeredExecution } from './answered-execution.js';
import { answeredNoise } from './answered-noise.js';
import type { AnsweredQuestion } from './answered-question.js';
import { answeredSensitivity } from './answered-sensitivity.js';

/** What is to be known of the best setting, whatever was asked. */
const ofBest = (facts: SweepFacts): readonly (Sentence | null)[] => [
  facts.best === null ? null : bestSentence(facts),
  unsmoothedSentence(facts),
  tieSentence(facts),
];

/** The answer to each kind of question. Those of `void` come from the warnings about FP32. */
export const answered = {
  void: { answer: () => null, more: () => [] },
  baselines: answeredBaselines,
  sensitivity: answeredSensitivity,
  noise: answeredNoise,
  absmax: { answer: methodSentence, more: ofBest },
  execution: { ...answeredExecution, more: ofBest },
  cost: answeredCost,
  methods: {
    answer: (facts, shape) => (shape.methods.length > 2 ? bestSentence(facts) : staticDynamicSentence(facts)),
    more: (facts, shape) => [
      ...(shape.methods.length > 2 ? [staticDynamicSentence(facts)] : ofBest(facts)),
      unsmoothedSentence(facts),
      tieSentence(facts),
    ],
  },
  calibration: { answer: calibrationSentence, more: ofBest },
  axis: { answer: bestSentence, more: ofGrid },
  grid: { answer: bestSentence, more: ofGrid },
} satisfies Record<QuestionKind, AnsweredQuestion>;

/** What the settings of a grid tell beside the best. */
function ofGrid(facts: SweepFacts): readonly (Sentence | null)[] {
  return [unsmoothedSentence(facts), staticDynamicSentence(facts), calibrationSentence(facts), tieSentence(facts)];
}
