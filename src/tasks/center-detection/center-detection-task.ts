import { batchMisfit } from '../output-shape.js';
import { defineTask } from '../task.js';
import { bernoulliDivergence } from './bernoulli-divergence.js';
import { createCenterDetection, finishCenterDetection } from './center-detection.js';
import { centerDetectionSettings } from './center-detection-settings.js';
import { mergeCenterDetectionStates } from './center-detection-state.js';
import { heatmapMisfit } from './heatmap-fit.js';

export const centerDetectionTask = defineTask({
  description: 'Dense heatmap [N, classes, H, W], scored by centre-distance mAP (nuScenes style).',
  settings: centerDetectionSettings,
  needs: 'groundTruth',
  needsReference: false,
  countsSamples: false,
  judgedAs: 'detections',
  locate: ({ thresholds, maxDetections, minScore, bootstrap }) => ({ thresholds, maxDetections, minScore, bootstrap }),
  code: () => null,
  paths: [],
  divergence: bernoulliDivergence,
  misfit: (dims, context) => heatmapMisfit(dims, context) ?? batchMisfit('[N, classes, H, W]', dims, context.rows),
  labelMisfit: () => null,
  isChoosy: true,
  open: createCenterDetection,
  merge: mergeCenterDetectionStates,
  finish: finishCenterDetection,
});
