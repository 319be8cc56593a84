import { ofFirstOutput } from '../first-output.js';
import { ofFirstShape } from '../shape-misfits.js';
import { defineTask } from '../task.js';
import { classesMisfit, labelMisfit } from './classes-fit.js';
import { createClassification, finishClassification } from './classification.js';
import { mergeClassificationStates } from './classification-state.js';
import { softmaxDivergence } from './softmax-divergence.js';

export const classificationTask = defineTask({
  description: 'Top-1, top-5, agreement with FP32.',
  metrics: {
    top1: {
      title: 'top-1 accuracy',
      definition: 'Share of samples whose largest output is the label; of equal outputs the lower class counts.',
      ...{ unit: 'fraction', better: 'higher', countsSamples: true },
    },
    top5: {
      title: 'top-5 accuracy',
      definition: 'Share of samples whose label is among the five largest outputs.',
      ...{ unit: 'fraction', better: 'higher', countsSamples: true },
    },
    agreement: {
      title: 'agreement with FP32',
      definition: "Share of samples whose largest output is that of FP32's.",
      ...{ unit: 'fraction', better: 'higher', countsSamples: true },
    },
  },
  settings: {},
  outputs: 'one',
  readsIntegers: false,
  needs: 'labels',
  needsReference: false,
  countsSamples: true,
  judgedAs: null,
  locate: () => ({}),
  code: () => null,
  paths: [],
  divergence: ofFirstOutput(softmaxDivergence),
  misfit: ofFirstShape(classesMisfit),
  labelMisfit: (labels, [, classes]) => (typeof classes === 'number' ? labelMisfit(labels, classes) : null),
  isChoosy: true,
  open: (_, context) => createClassification(context),
  merge: mergeClassificationStates,
  finish: (_, context, state) => finishClassification(context, state),
});
