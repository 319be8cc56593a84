import { batchMisfit, type Misfit, type OutputShape } from '../output-shape.js';
import { defineTask, type FitContext } from '../task.js';
import { inspectMasks } from './inspect-masks.js';
import { MASK_DEPTH, MASK_EXTENSIONS } from './mask-truth.js';
import { outputForm } from './output-form.js';
import { createSegmentation, finishSegmentation } from './segmentation.js';
import { segmentationDivergence } from './segmentation-divergence.js';
import { locateSegmentation, segmentationSettings, type SegmentationTask } from './segmentation-settings.js';
import { mergeSegmentationStates } from './segmentation-state.js';

export const segmentationTask = defineTask({
  description: 'A class for each pixel, scored by mean intersection over union with masks.',
  metrics: {
    mIoU: {
      title: 'mIoU',
      definition:
        'Mean over classes that masks or predictions have of the intersection over union, from pixels counted over all pictures (mmsegmentation).',
      ...{ unit: 'fraction', better: 'higher' },
    },
    pixelAccuracy: {
      title: 'pixel accuracy',
      definition: 'Share of pixels with the right class over all pictures (aAcc of mmsegmentation).',
      ...{ unit: 'fraction', better: 'higher' },
    },
    meanAccuracy: {
      title: 'mean class accuracy',
      definition:
        'Mean over classes that masks have of the share of their pixels that are right (mAcc of mmsegmentation).',
      ...{ unit: 'fraction', better: 'higher' },
    },
    iou: {
      title: 'IoU',
      definition: 'Intersection over union of one class, from pixels counted over all pictures.',
      ...{ unit: 'fraction', better: 'higher' },
    },
  },
  settings: segmentationSettings,
  outputs: 'one',
  readsIntegers: true,
  needs: null,
  needsReference: false,
  countsSamples: false,
  judgedAs: null,
  locate: locateSegmentation,
  code: () => null,
  paths: ['truth'],
  files: [{ field: 'truth', listing: { extensions: MASK_EXTENSIONS, depth: MASK_DEPTH } }],
  divergence: segmentationDivergence,
  compared: ({ output, classes }) => ({ output, classes: Array.isArray(classes) ? classes.length : classes }),
  misfit: (task, [output], context) => segmentationMisfit(task, output!.dims, context),
  inspect: inspectMasks,
  labelMisfit: () => null,
  isChoosy: true,
  open: createSegmentation,
  merge: mergeSegmentationStates,
  finish: finishSegmentation,
});

function segmentationMisfit(task: SegmentationTask, dims: OutputShape['dims'], { rows }: FitContext): Misfit | null {
  const form = outputForm(task, dims);
  if (form !== null && 'misfit' in form) return form.misfit;
  return batchMisfit('[N, C, H, W]', dims, rows);
}
