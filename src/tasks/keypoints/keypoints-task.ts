import type { MetricDefinition, MetricDefinitions } from '../metric-definition.js';
import { defineTask } from '../task.js';
import { inspectKeypoints } from './inspect-keypoints.js';
import { keypointDivergence } from './keypoint-divergence.js';
import { keypointMisfit } from './keypoint-fit.js';
import { keypointSettings, locateKeypoints } from './keypoint-settings.js';
import { mergeKeypointStates } from './keypoint-state.js';
import { createKeypoints, finishKeypoints } from './keypoints.js';

const precision =
  'average precision as COCO defines it for keypoints (pycocotools: OKS, 101 recalls, 20 figures of a picture)';

function fractionOf(title: string, definition: string): MetricDefinition {
  return { title, definition, unit: 'fraction', better: 'higher' };
}

const metrics: MetricDefinitions = {
  AP: fractionOf('OKS AP@[.50:.95]', `Mean over the OKS 0.50, 0.55 .. 0.95 of the ${precision}.`),
  AP50: fractionOf('OKS AP@.50', `The ${precision}, at an OKS of 0.50.`),
  AP75: fractionOf('OKS AP@.75', `The ${precision}, at an OKS of 0.75.`),
  APmedium: fractionOf('OKS AP (medium)', 'As OKS AP@[.50:.95], of figures of 32^2 to 96^2 square pixels.'),
  APlarge: fractionOf('OKS AP (large)', 'As OKS AP@[.50:.95], of figures of 96^2 square pixels and more.'),
  AR: fractionOf('OKS AR', 'Mean over the OKS 0.50 to 0.95 of the share of figures that are found (COCO).'),
  AR50: fractionOf('OKS AR@.50', 'Share of figures that are found at an OKS of 0.50 (COCO).'),
  AR75: fractionOf('OKS AR@.75', 'Share of figures that are found at an OKS of 0.75 (COCO).'),
  ARmedium: fractionOf('OKS AR (medium)', 'As OKS AR, of figures of 32^2 to 96^2 square pixels.'),
  ARlarge: fractionOf('OKS AR (large)', 'As OKS AR, of figures of 96^2 square pixels and more.'),
  ap: fractionOf('OKS AP of a class', `Mean over the OKS 0.50, 0.55 .. 0.95 of the ${precision}.`),
  nonFinite: {
    title: 'non-finite figures',
    definition: 'Scores, boxes and points that were NaN or infinite, and so were left out.',
    ...{ unit: 'number', better: 'lower' },
  },
};

export const keypointsTask = defineTask({
  description: 'Keypoints of figures, scored by the average precision of their object keypoint similarity (COCO).',
  metrics,
  settings: keypointSettings,
  outputs: 'several',
  readsIntegers: false,
  needs: null,
  needsReference: false,
  countsSamples: false,
  judgedAs: null,
  locate: locateKeypoints,
  code: () => null,
  paths: ['truth'],
  files: [{ field: 'truth', listing: null }],
  divergence: keypointDivergence,
  compared: ({ points, sigmas, rules }) => ({ points, sigmas, rules }),
  misfit: (task, outputs, { rows }) => keypointMisfit(task, outputs, rows),
  inspect: inspectKeypoints,
  labelMisfit: () => null,
  isChoosy: true,
  open: createKeypoints,
  merge: mergeKeypointStates,
  finish: finishKeypoints,
});
