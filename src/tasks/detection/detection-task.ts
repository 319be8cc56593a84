import { ANY_OUTPUT } from '../output-shape.js';
import { TRUTH_LISTING } from '../truth/load-box-truth.js';
import { defineTask } from '../task.js';
import { findHead } from './bind-head.js';
import { createDetection, finishDetection } from './detection.js';
import { detectionMetrics } from './detection-metrics.js';
import { detectionSettings, locateDetection } from './detection-settings.js';
import { mergeDetectionStates } from './detection-state.js';
import { detectionDivergence } from './detection-divergence.js';
import { inspectDetection } from './inspect-detection.js';

export const detectionTask = defineTask({
  description: 'Boxes of a detector, decoded and suppressed as settings say, scored by COCO mAP.',
  metrics: detectionMetrics,
  settings: detectionSettings,
  outputs: 'several',
  readsIntegers: true,
  needs: null,
  needsReference: false,
  countsSamples: false,
  judgedAs: null,
  locate: locateDetection,
  code: () => null,
  paths: ['truth', 'priors'],
  files: [
    { field: 'truth', listing: TRUTH_LISTING },
    { field: 'priors', listing: null },
  ],
  divergence: detectionDivergence,
  compared: ({ head, rules, input }) => ({ head, rules, input }),
  misfit(task, outputs) {
    const found = findHead(task, outputs, { classes: task.classes?.length ?? null, input: task.input, priors: null });
    return 'advice' in found ? { ...found, advice: `${found.advice} ${ANY_OUTPUT}` } : null;
  },
  inspect: inspectDetection,
  labelMisfit: () => null,
  isChoosy: true,
  open: createDetection,
  merge: mergeDetectionStates,
  finish: finishDetection,
});
