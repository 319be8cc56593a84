import type { AccuracyRecord } from '../../records/evaluation-record.js';
import { replicatedRecord } from '../replicates.js';
import type { PrecisionRecall } from './precision-curves.js';

/** Of each class; null where nothing of the class counts. */
export type ClassCurves = readonly (PrecisionRecall | null)[];

/** AP of a class: the mean over IoU thresholds. */
export function averagePrecision({ precision }: PrecisionRecall): number {
  return mean(precision);
}

/** AR of a class: the mean over IoU thresholds. */
export function averageRecall({ recall }: PrecisionRecall): number {
  return mean(recall);
}

/** @param threshold its index among the IoU thresholds */
export function precisionAt(threshold: number): (curves: PrecisionRecall) => number {
  return ({ precision }) => precision[threshold]!;
}

/** @param threshold its index among the IoU thresholds */
export function recallAt(threshold: number): (curves: PrecisionRecall) => number {
  return ({ recall }) => recall[threshold]!;
}

/** The mean over classes that something counts of; null without one. */
export function meanOverClasses(curves: ClassCurves, figure: (curves: PrecisionRecall) => number): number | null {
  return meanOfKnown(curves.map((each) => (each === null ? null : figure(each))));
}

/** The mean of what is not null; null where nothing is. */
export function meanOfKnown(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : mean(known);
}

/** A figure with the interval of its replicates; null: nothing counts in it, so it has no row. */
export function figureRow(
  metric: string,
  slice: string,
  value: number | null,
  replicates: Float64Array,
): AccuracyRecord | null {
  return value === null ? null : replicatedRecord(metric, slice, value, replicates);
}

function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < values.length; index += 1) sum += values[index]!;
  return sum / values.length;
}
