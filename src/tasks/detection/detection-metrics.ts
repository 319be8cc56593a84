import type { MetricDefinitions, MetricDefinition } from '../metric-definition.js';

const precision =
  'average precision as COCO defines it (pycocotools: 101 recalls, 100 detections of a class and picture)';

function fractionOf(title: string, definition: string): MetricDefinition {
  return { title, definition, unit: 'fraction', better: 'higher' };
}

function sized(name: string, range: string): MetricDefinitions {
  return {
    [`mAP${name}`]: fractionOf(`mAP (${name})`, `As mAP@[.50:.95], of objects of ${range} square pixels.`),
    [`AR${name}`]: fractionOf(`AR (${name})`, `As AR (100 detections), of objects of ${range} square pixels.`),
  };
}

function recall(limit: number): MetricDefinitions {
  const few = limit === 1 ? 'best detection' : `${limit} best detections`;
  return {
    [`AR${limit}`]: fractionOf(
      `AR (${limit} detection${limit === 1 ? '' : 's'})`,
      `Mean over classes and the IoUs 0.50 to 0.95 of the share of objects that the ${few} of each class and picture find (COCO).`,
    ),
  };
}

export const detectionMetrics: MetricDefinitions = {
  mAP: fractionOf('mAP@[.50:.95]', `Mean over classes and the IoUs 0.50, 0.55 .. 0.95 of the ${precision}.`),
  mAP50: fractionOf('mAP@.50', `Mean over classes of the ${precision}, at an IoU of 0.50.`),
  mAP75: fractionOf('mAP@.75', `Mean over classes of the ${precision}, at an IoU of 0.75.`),
  ...sized('small', '0 to 32^2'),
  ...sized('medium', '32^2 to 96^2'),
  ...sized('large', '96^2 and more'),
  ...recall(1),
  ...recall(10),
  ...recall(100),
  ap: fractionOf('AP@[.50:.95] of a class', `Mean over the IoUs 0.50, 0.55 .. 0.95 of the ${precision}.`),
  ap50: fractionOf('AP@.50 of a class', `The ${precision}, at an IoU of 0.50.`),
  pictureF1: fractionOf(
    'mean F1 of pictures',
    'Mean over pictures of 2 tp / (2 tp + fp + fn) at an IoU of 0.50 and scores above 0.25, over all classes; pictures without objects and detections are left out. A proxy of mAP.',
  ),
  nonFinite: {
    title: 'non-finite scores and boxes',
    definition: 'Scores and boxes that were NaN or infinite, and so were left out.',
    ...{ unit: 'number', better: 'lower' },
  },
};
