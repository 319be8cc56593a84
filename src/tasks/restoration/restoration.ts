import { NonFiniteError } from '../../records/non-finite-error.js';
import type { AccuracyRecord } from '../../records/evaluation-record.js';
import { drawResample } from '../../statistics/bootstrap.js';
import type { MetricContext, MetricResult, OutputTensor, TaskMetric } from '../metric.js';
import { MetricError } from '../metric-error.js';
import { batchMisfit, misfitText } from '../output-shape.js';
import { replicatedRecord, replicateOutcomes, valuesOutcome } from '../replicates.js';
import { coverSamples, requireFullCoverage } from '../sample-coverage.js';
import { sampleExtent } from '../sample-extent.js';
import { comparedPlanes } from './compared-planes.js';
import { comparedRegions } from './compared-regions.js';
import { pictureForm } from './picture-form.js';
import { openPictureTruth, type Picture } from './picture-truth.js';
import type { RestorationTask } from './restoration-settings.js';
import type { RestorationState } from './restoration-state.js';
import { ssim } from './ssim.js';

/** All is compared on the scale of 8 bits. */
const RANGE = 255;

/**
 * Returns the metric of pictures: each output is held against its truth when it is added.
 *
 * @throws DatasetError when truth is missing or does not fit the samples
 */
export function createRestoration(task: RestorationTask, context: MetricContext): TaskMetric<RestorationState> {
  const { sampleCount, names, sampleShape } = context;
  const truth = openPictureTruth(task, names, sampleCount);
  const extent = sampleExtent(sampleShape);
  const coverage = new Uint8Array(sampleCount);
  const error = new Float64Array(sampleCount);
  const similarity = new Float64Array(sampleCount);
  const state = (): RestorationState => ({ kind: 'restoration', coverage, error, ssim: similarity });
  return {
    needsReference: false,
    async add({ first, count, outputs: [scored], origins }) {
      const pictures = picturesOf(task, scored!, count, first);
      coverSamples(coverage, first, count);
      for (const [index, picture] of pictures.entries()) {
        const sample = first + index;
        const own = await truth.read(sample, picture.channels);
        if (own.channels !== picture.channels) {
          throw new MetricError(
            `Expected ${own.channels} channels, as ${own.where} has, got ${picture.channels} in the output`,
          );
        }
        const origin = truth.areFiles ? (origins?.[index] ?? null) : null;
        const regions = comparedRegions(picture, own, origin, extent, task.crop);
        const [planes, wanted] = [
          comparedPlanes(picture, regions.output, task),
          comparedPlanes(own, regions.truth, task),
        ];
        const { height, width } = regions.truth;
        const errors = planes.map((plane, at) => meanSquaredError(plane, wanted[at]!));
        error[sample] = meanOf(errors);
        if (!Number.isFinite(error[sample])) throw new NonFiniteError(`${own.where}, truth of sample ${sample}`);
        similarity[sample] = meanOf(planes.map((plane, at) => ssim(plane, wanted[at]!, height, width, RANGE)));
      }
    },
    state,
    finish: () => finishRestoration(task, context, state()),
  };
}

/**
 * Returns the mean PSNR, capped, and the mean SSIM over pictures that are large enough, with
 * intervals of the bootstrap over pictures; and how many pictures the cap is for.
 *
 * @throws MetricError when a sample is missing
 */
export function finishRestoration(
  task: RestorationTask,
  { sampleCount }: MetricContext,
  state: RestorationState,
): MetricResult {
  requireFullCoverage(state.coverage, sampleCount);
  const psnr = state.error.map((value) => Math.min(task.cap, 10 * Math.log10(RANGE ** 2 / value)));
  const values = { psnr, ssim: state.ssim };
  const weight = new Uint16Array(sampleCount).fill(1);
  const [meanPsnr, meanSsim] = [weightedMean(psnr, weight), weightedMean(state.ssim, weight)];
  const [ofPsnr, ofSsim] = [new Float64Array(task.bootstrap), new Float64Array(task.bootstrap)];
  for (let replicate = 0; replicate < task.bootstrap; replicate += 1) {
    drawResample(replicate, weight);
    ofPsnr[replicate] = weightedMean(psnr, weight);
    const drawn = weightedMean(state.ssim, weight);
    // A resample of pictures that are all too small says nothing.
    ofSsim[replicate] = Number.isNaN(drawn) ? meanSsim : drawn;
  }
  const capped = psnr.reduce((sum, value) => sum + Number(value === task.cap), 0);
  const hasSsim = !Number.isNaN(meanSsim);
  const accuracies: AccuracyRecord[] = [
    replicatedRecord('psnr', '', meanPsnr, ofPsnr),
    ...(hasSsim ? [replicatedRecord('ssim', '', meanSsim, ofSsim)] : []),
    replicatedRecord('capped', '', capped, new Float64Array(0)),
  ];
  const outcomes = [
    ...replicateOutcomes('psnr', ofPsnr),
    valuesOutcome('psnr', values.psnr),
    ...(hasSsim ? [...replicateOutcomes('ssim', ofSsim), valuesOutcome('ssim', values.ssim)] : []),
  ];
  return { evaluation: { primaryMetric: 'psnr', samples: sampleCount, accuracies, outcomes }, argmax: null };
}

function picturesOf(task: RestorationTask, output: OutputTensor, count: number, first: number): readonly Picture[] {
  const { name, data, dims } = output;
  const form = pictureForm(task, dims);
  if ('misfit' in form) throw new MetricError(misfitText({ name, dims }, form.misfit));
  const wrongBatch = batchMisfit('[N, C, H, W]', dims, count);
  if (wrongBatch !== null) throw new MetricError(misfitText({ name, dims }, wrongBatch));
  const { channels, height, width } = form;
  const size = Number(channels) * Number(height) * Number(width);
  if (data.length !== count * size || size === 0) {
    throw new MetricError(`Expected an output of shape [${dims.join(', ')}], got ${data.length} numbers`);
  }
  return Array.from({ length: count }, (_, index) => {
    const own = data.subarray(index * size, (index + 1) * size);
    const bad = own.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) throw new NonFiniteError(`output, sample ${first + index}`, own[bad]);
    return {
      ...{ channels: Number(channels), height: Number(height), width: Number(width), data: own },
      ...{ isChannelsLast: task.layout === 'channelsLast', isBgr: task.channelOrder === 'bgr', range: task.range },
      where: `output, sample ${first + index}`,
    };
  });
}

function meanSquaredError(one: Float64Array, other: Float64Array): number {
  let sum = 0;
  for (let place = 0; place < one.length; place += 1) sum += (one[place]! - other[place]!) ** 2;
  return sum / one.length;
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Over values that are there; NaN without one. */
function weightedMean(values: Float64Array, weight: Uint16Array): number {
  let sum = 0;
  let count = 0;
  for (let sample = 0; sample < values.length; sample += 1) {
    if (Number.isNaN(values[sample]!)) continue;
    sum += values[sample]! * weight[sample]!;
    count += weight[sample]!;
  }
  return sum / count;
}
