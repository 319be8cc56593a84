import type { QuestionKind } from '../../questions/registry.js';
import type { SweepFacts } from '../../facts/sweep-facts.js';
import { axisSentences } from '../axis-sentence.js';
import { calibrationSentence, methodSentence } from '../answer-pairs.js';
import { bestSentence, unsmoothedSentence } from '../best-sentence.js';
import type { Sentence } from '../sentence.js';
import { staticDynamicSentence } from '../static-dynamic-sentence.js';
import { tieInShort } from '../tie-sentence.js';
import { answeredBaselines } from './answered-baselines.js';
import { answeredCost } from './answered-cost.js';
import { answeredDeployment } from './answered-deployment.js';
import { answeredExecution } from './answered-execution.js';
import { answeredNoise } from './answered-noise.js';
import type { AnsweredQuestion } from './answered-question.js';
import { answeredSensitivity } from './answered-sensitivity.js';

/** What is to be known of the best setting, whatever was asked. */
const ofBest = (facts: SweepFacts): readonly (Sentence | null)[] => [
  facts.best === null ? null : bestSentence(facts),
  unsmoothedSentence(facts),
  tieInShort(facts),
];

/** The answer to each kind of question. Those of `void` come from the warnings about FP32. */
export const answered: Readonly<Record<QuestionKind, AnsweredQuestion>> = {
  void: { answer: () => null },
  deployment: answeredDeployment,
  baselines: answeredBaselines,
  sensitivity: answeredSensitivity,
  noise: answeredNoise,
  absmax: { answer: methodSentence, leading: ofBest },
  execution: { ...answeredExecution, leading: ofBest },
  cost: { ...answeredCost, leading: ofBest },
  methods: {
    answer: (facts, shape) => (shape.methods.length > 2 ? bestSentence(facts) : staticDynamicSentence(facts)),
    more: (facts, shape) => (shape.methods.length > 2 ? [staticDynamicSentence(facts)] : []),
    leading: ofBest,
  },
  calibration: { answer: calibrationSentence, leading: ofBest },
  axis: { answer: bestSentence, leading: ofGrid },
  grid: {
    answer: bestSentence,
    // Of many settings the page has parts of their own for calibration and alpha.
    leading: (facts, { dimensions }) =>
      dimensions > 2 ? [axisSentences(facts)[0] ?? null, unsmoothedSentence(facts), tieInShort(facts)] : ofGrid(facts),
  },
};

/** What the settings of a grid tell beside the best. */
function ofGrid(facts: SweepFacts): readonly (Sentence | null)[] {
  return [unsmoothedSentence(facts), staticDynamicSentence(facts), calibrationSentence(facts), tieInShort(facts)];
}
