import { defineTask } from '../task.js';
import { classesMisfit, labelMisfit } from './classes-fit.js';
import { createClassification, finishClassification } from './classification.js';
import { mergeClassificationStates } from './classification-state.js';
import { softmaxDivergence } from './softmax-divergence.js';

export const classificationTask = defineTask({
  description: 'Top-1, top-5, agreement with FP32.',
  settings: {},
  needs: 'labels',
  needsReference: false,
  countsSamples: true,
  judgedAs: null,
  locate: () => ({}),
  code: () => null,
  paths: [],
  divergence: softmaxDivergence,
  misfit: classesMisfit,
  labelMisfit: (labels, [, classes]) => (typeof classes === 'number' ? labelMisfit(labels, classes) : null),
  isChoosy: true,
  open: (_, context) => createClassification(context),
  merge: mergeClassificationStates,
  finish: (_, context, state) => finishClassification(context, state),
});
