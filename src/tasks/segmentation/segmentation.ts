import { DatasetError } from '../../formats/dataset-error.js';
import type { SampleOrigin } from '../../formats/sample-origin.js';
import type { Metric, MetricContext, MetricResult, OutputTensor } from '../metric.js';
import { MetricError } from '../metric-error.js';
import { batchMisfit, misfitText } from '../output-shape.js';
import { coverSamples, requireFullCoverage } from '../sample-coverage.js';
import { sampleExtent } from '../sample-extent.js';
import { IGNORED, maskClasses } from './mask-classes.js';
import { openMaskTruth, type StoredMask } from './mask-truth.js';
import { measureMeanIou } from './mean-iou.js';
import { outputForm, type OutputForm } from './output-form.js';
import { nearestCells, nearestPixels, pictureAxis, placementOf, type PictureAxis } from './picture-axis.js';
import { cellClasses, pixelClasses, UNSEEN } from './predicted-classes.js';
import type { SegmentationTask } from './segmentation-settings.js';
import { countPixels, joinCounts, type SegmentationState } from './segmentation-state.js';

/**
 * Returns the metric of class maps: each picture's pixels are counted by class when it is added,
 * and its mask is read then.
 *
 * @throws DatasetError when masks are missing or don't fit the samples
 */
export function createSegmentation(task: SegmentationTask, context: MetricContext): Metric<SegmentationState> {
  const { sampleCount, names } = context;
  const truth = openMaskTruth(task, names, sampleCount);
  const coverage = new Uint8Array(sampleCount);
  const parts: Uint32Array[] = [];
  let classes = 0;
  let toClasses: (mask: StoredMask) => Int32Array = () => new Int32Array(0);
  const state = (): SegmentationState => ({ kind: 'segmentation', coverage, classes, counts: joinCounts(parts) });
  return {
    needsReference: false,
    add({ first, count, outputs: [scored], origins }) {
      const form = formOf(task, scored!, count);
      if (classes !== 0 && classes !== form.classes) {
        throw new MetricError(`Expected ${classes} classes as before, got ${form.classes} from sample ${first} on`);
      }
      if (classes === 0) toClasses = maskClasses(task, form.classes);
      classes = form.classes;
      coverSamples(coverage, first, count);
      const size = scored!.data.length / count;
      for (let index = 0; index < count; index += 1) {
        const sample = first + index;
        const data = scored!.data.subarray(index * size, (index + 1) * size);
        const mask = truth.read(sample);
        const axes = axesOf(mask, form, origins?.[index] ?? null, context);
        const [own, found] = compared(task, form, data, toClasses(mask), axes, sample);
        parts.push(countPixels(sample, classes, own, found));
      }
    },
    state,
    finish: () => finishSegmentation(task, context, state()),
  };
}

/** @throws MetricError when a sample is missing */
export function finishSegmentation(
  task: SegmentationTask,
  { sampleCount }: MetricContext,
  state: SegmentationState,
): MetricResult {
  requireFullCoverage(state.coverage, sampleCount);
  const names =
    task.classes === null || typeof task.classes === 'number'
      ? Array.from({ length: state.classes }, (_, index) => String(index))
      : task.classes;
  const { accuracies, outcomes } = measureMeanIou(state, sampleCount, names, task.bootstrap);
  return { evaluation: { primaryMetric: 'mIoU', samples: sampleCount, accuracies, outcomes }, argmax: null };
}

function formOf(task: SegmentationTask, { name, data, dims }: OutputTensor, count: number): OutputForm {
  const form = outputForm(task, dims);
  if (form !== null && 'misfit' in form) throw new MetricError(misfitText({ name, dims }, form.misfit));
  const wrongBatch = batchMisfit('[N, C, H, W]', dims, count);
  if (wrongBatch !== null) throw new MetricError(misfitText({ name, dims }, wrongBatch));
  if (form !== null && data.length === count * form.channels * form.height * form.width && data.length > 0) return form;
  throw new MetricError(`Expected an output of shape [${dims.join(', ')}], got ${data.length} numbers`);
}

/** How the mask's rows and columns lie on the output's. */
function axesOf(
  { height, width, where }: StoredMask,
  form: OutputForm,
  origin: SampleOrigin | null,
  { sampleShape }: MetricContext,
): readonly [PictureAxis, PictureAxis] {
  const size = origin?.size ?? null;
  if (size !== null && (size[0] !== height || size[1] !== width)) {
    throw new DatasetError({
      expected: `a mask of ${size[0]} x ${size[1]} pixels (height x width), as its picture ${origin?.name ?? ''} has`,
      got: `${height} x ${width}`,
      where,
      advice: 'Masks must be of the size of their pictures, turned as these are.',
    });
  }
  const extent = sampleExtent(sampleShape);
  const placement = origin?.placement ?? null;
  const [rows, columns] = placement === null || extent === null ? [null, null] : placementOf(placement, extent);
  return [pictureAxis(height, form.height, rows), pictureAxis(width, form.width, columns)];
}

/** Classes of the mask and of the prediction on one grid. */
function compared(
  task: SegmentationTask,
  form: OutputForm,
  data: Float32Array,
  own: Int32Array,
  axes: readonly [PictureAxis, PictureAxis],
  sample: number,
): readonly [Int32Array, Int32Array] {
  const resize = task.resize ?? (form.kind === 'labels' ? 'labels' : 'logits');
  if (resize === 'logits') return [own, pixelClasses(form, data, axes, task.threshold, sample)];
  const found = cellClasses(form, data, task.threshold, sample);
  const [rows, columns] = axes;
  if (resize === 'labels') {
    const [down, across] = [nearestCells(rows, task.nearest), nearestCells(columns, task.nearest)];
    return [own, picked(found, form.width, down, across, UNSEEN)];
  }
  const [down, across] = [nearestPixels(rows, task.nearest), nearestPixels(columns, task.nearest)];
  return [picked(own, columns.length, down, across, IGNORED), found];
}

/** `values[rows[y], columns[x]]`, `none` where either is below 0. */
function picked(values: Int32Array, width: number, rows: Int32Array, columns: Int32Array, none: number): Int32Array {
  const own = new Int32Array(rows.length * columns.length).fill(none);
  for (const [y, row] of rows.entries()) {
    if (row < 0) continue;
    for (const [x, column] of columns.entries()) {
      if (column >= 0) own[y * columns.length + x] = values[row * width + column]!;
    }
  }
  return own;
}
