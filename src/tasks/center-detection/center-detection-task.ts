import { ofFirstOutput } from '../first-output.js';
import { batchMisfit } from '../output-shape.js';
import { ofFirstShape } from '../shape-misfits.js';
import { defineTask } from '../task.js';
import { bernoulliDivergence } from './bernoulli-divergence.js';
import { createCenterDetection, finishCenterDetection } from './center-detection.js';
import { centerDetectionSettings } from './center-detection-settings.js';
import { mergeCenterDetectionStates } from './center-detection-state.js';
import { heatmapMisfit } from './heatmap-fit.js';

export const centerDetectionTask = defineTask({
  description: 'Dense heatmap [N, classes, H, W], scored by centre-distance mAP (nuScenes style).',
  metrics: {
    mAP: {
      title: 'mAP (centre distance)',
      definition:
        'Mean over classes and centre distances of the average precision, as nuScenes defines it: recall and precision above 0.1 count.',
      ...{ unit: 'fraction', better: 'higher' },
    },
    ap: {
      title: 'AP (centre distance)',
      definition: 'Average precision of one class at one centre distance, as nuScenes defines it.',
      ...{ unit: 'fraction', better: 'higher' },
    },
  },
  settings: centerDetectionSettings,
  outputs: 'one',
  readsIntegers: false,
  needs: 'groundTruth',
  needsReference: false,
  countsSamples: false,
  judgedAs: 'detections',
  locate: ({ thresholds, maxDetections, minScore, bootstrap }) => ({ thresholds, maxDetections, minScore, bootstrap }),
  code: () => null,
  paths: [],
  divergence: ofFirstOutput(bernoulliDivergence),
  misfit: ofFirstShape(
    (dims, context) => heatmapMisfit(dims, context) ?? batchMisfit('[N, classes, H, W]', dims, context.rows),
  ),
  labelMisfit: () => null,
  isChoosy: true,
  open: createCenterDetection,
  merge: mergeCenterDetectionStates,
  finish: finishCenterDetection,
});
