import type { AccuracyRecord, OutcomeRecord } from '../../records/evaluation-record.js';
import { drawResample } from '../../statistics/bootstrap.js';
import { MetricError } from '../metric-error.js';
import { replicatedRecord, replicateOutcomes, valuesOutcome } from '../replicates.js';
import { ENTRY, type SegmentationState } from './segmentation-state.js';

/** Sums over pictures, by class. */
interface ClassSums {
  readonly right: Float64Array;
  readonly truth: Float64Array;
  readonly predicted: Float64Array;
}

interface Scores {
  readonly mIoU: number;
  readonly pixelAccuracy: number;
  readonly meanAccuracy: number;
  /** By class; NaN where neither masks nor predictions have it. */
  readonly iou: Float64Array;
}

/**
 * From counts summed over all pictures (mmsegmentation's `IoUMetric`): of a class
 * `right / (mask + predicted - right)`; `mIoU` is the mean over classes of which there is a pixel
 * in a mask or a prediction; `pixelAccuracy` is the share of right pixels; `meanAccuracy` the mean
 * of `right / mask` over classes that a mask has. Intervals come from resampled pictures, whose
 * counts are summed anew.
 *
 * @param names of the classes, for slices
 * @throws MetricError when no pixel counts
 */
export function measureMeanIou(
  { counts, classes }: SegmentationState,
  sampleCount: number,
  names: readonly string[],
  bootstrap: number,
): { readonly accuracies: readonly AccuracyRecord[]; readonly outcomes: readonly OutcomeRecord[] } {
  const weight = new Uint16Array(sampleCount).fill(1);
  const all = scoresOf(sumUp(counts, classes, weight));
  if (Number.isNaN(all.mIoU)) {
    throw new MetricError(
      'Expected a pixel of a mask with a class, got pixels that are left out only: check task.ignore and task.relabel',
    );
  }
  const replicates = Array.from({ length: bootstrap }, (_, replicate) => {
    drawResample(replicate, weight);
    return scoresOf(sumUp(counts, classes, weight));
  });
  const over = (pick: (scores: Scores) => number): Float64Array =>
    // A resample of pictures without a counted pixel says nothing.
    Float64Array.from(replicates, pick).map((value) => (Number.isNaN(value) ? pick(all) : value));
  const record = (metric: 'mIoU' | 'pixelAccuracy' | 'meanAccuracy'): AccuracyRecord =>
    replicatedRecord(
      metric,
      '',
      all[metric],
      over((scores) => scores[metric]),
    );
  const slices = names.flatMap((name, index) => {
    const value = all.iou[index]!;
    return Number.isNaN(value)
      ? []
      : [
          replicatedRecord(
            'iou',
            name,
            value,
            over(({ iou }) => iou[index]!),
          ),
        ];
  });
  return {
    accuracies: [record('mIoU'), record('pixelAccuracy'), record('meanAccuracy'), ...slices],
    outcomes: [
      ...replicateOutcomes(
        'mIoU',
        over((scores) => scores.mIoU),
      ),
      valuesOutcome('pixelAccuracy', accuracyByPicture(counts, sampleCount)),
    ],
  };
}

/** Sums of whole numbers far below 2^53: exact, whatever their order. */
function sumUp(counts: Uint32Array, classes: number, weight: Uint16Array): ClassSums {
  const [right, truth, predicted] = [0, 1, 2].map(() => new Float64Array(classes)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  for (let entry = 0; entry < counts.length; entry += ENTRY) {
    const copies = weight[counts[entry]!]!;
    const each = counts[entry + 1]!;
    right[each]! += copies * counts[entry + 2]!;
    truth[each]! += copies * counts[entry + 3]!;
    predicted[each]! += copies * counts[entry + 4]!;
  }
  return { right, truth, predicted };
}

function scoresOf({ right, truth, predicted }: ClassSums): Scores {
  const iou = right.map((value, each) => value / (truth[each]! + predicted[each]! - value));
  const total = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0);
  return {
    mIoU: meanOfNumbers(iou),
    pixelAccuracy: total(right) / total(truth),
    meanAccuracy: meanOfNumbers(right.map((value, each) => value / truth[each]!)),
    iou,
  };
}

/** The mean of all but NaN; NaN without one. Quotients here are NaN where both sides are 0. */
function meanOfNumbers(values: Float64Array): number {
  const numbers = values.filter((value) => !Number.isNaN(value));
  return numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
}

/** Share of right pixels of each picture; NaN where none counts. */
function accuracyByPicture(counts: Uint32Array, sampleCount: number): Float64Array {
  const right = new Float64Array(sampleCount);
  const truth = new Float64Array(sampleCount);
  for (let entry = 0; entry < counts.length; entry += ENTRY) {
    right[counts[entry]!]! += counts[entry + 2]!;
    truth[counts[entry]!]! += counts[entry + 3]!;
  }
  return right.map((value, sample) => value / truth[sample]!);
}
