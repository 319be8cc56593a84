import type { QuestionKind } from '../../questions/registry.js';
import { axisOf } from '../../questions/sweep-shape.js';
import { axisPath } from '../../facts/axes.js';
import { calibrationSentence, methodSentence } from '../answer-pairs.js';
import { bestSentence, unsmoothedSentence } from '../best-sentence.js';
import { staticDynamicSentence } from '../static-dynamic-sentence.js';
import { answeredBaselines } from './answered-baselines.js';
import { answeredCost } from './answered-cost.js';
import { answeredExecution } from './answered-execution.js';
import { answeredNoise } from './answered-noise.js';
import type { AnsweredQuestion } from './answered-question.js';
import { answeredSensitivity } from './answered-sensitivity.js';

/** The answer to each kind of question. Those of `void` come from the warnings about FP32. */
export const answered = {
  void: { answer: () => null, more: () => [] },
  baselines: answeredBaselines,
  sensitivity: answeredSensitivity,
  noise: answeredNoise,
  absmax: { answer: methodSentence, more: () => [] },
  execution: answeredExecution,
  cost: answeredCost,
  methods: {
    answer: (facts, shape) => (shape.methods.length > 2 ? bestSentence(facts) : staticDynamicSentence(facts)),
    more: (facts, shape) => (shape.methods.length > 2 ? [staticDynamicSentence(facts)] : []),
  },
  calibration: { answer: calibrationSentence, more: () => [] },
  axis: { answer: bestSentence, more: (facts) => [unsmoothedSentence(facts)] },
  grid: {
    answer: bestSentence,
    more: (facts, shape) => [axisOf(shape, axisPath.mode) === null ? null : staticDynamicSentence(facts)],
  },
} satisfies Record<QuestionKind, AnsweredQuestion>;
