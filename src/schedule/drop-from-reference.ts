import type { EvaluationRecord } from '../records/evaluation-record.js';
import { primaryAccuracy } from '../records/primary-accuracy.js';
import { pairedEffect, type PairedOutcomes } from '../statistics/paired-effect.js';
import { taskOf, type TaskSettings } from '../tasks/task-settings.js';

export interface Drop {
  readonly value: number;
  /** How far FP32's value is above. */
  readonly drop: number;
  /** 95 % interval, paired by sample; null where the metric has no such evidence. */
  readonly interval: readonly [low: number, high: number] | null;
}

/** How far the primary metric is below FP32's on the same samples. */
export function dropFromReference(fp32: EvaluationRecord, own: EvaluationRecord): Drop {
  const { value } = primaryAccuracy(own)!;
  const drop = primaryAccuracy(fp32)!.value - value;
  const pair = pairedOutcomes(own, fp32, drop);
  if (pair === null) return { value, drop, interval: null };
  const { ciLow, ciHigh } = pairedEffect([[pair]]);
  return { value, drop, interval: [ciLow, ciHigh] };
}

function pairedOutcomes(one: EvaluationRecord, other: EvaluationRecord, difference: number): PairedOutcomes | null {
  const [ownOutcome, otherOutcome] = [one, other].map(({ primaryMetric, outcomes }) =>
    outcomes.find(({ metric, kind }) => metric === primaryMetric && kind !== 'values'),
  );
  if (ownOutcome === undefined || otherOutcome === undefined || ownOutcome.count !== otherOutcome.count) return null;
  if (ownOutcome.kind !== otherOutcome.kind) return null;
  if (ownOutcome.kind === 'bitset') {
    return { kind: 'bitset', count: ownOutcome.count, one: ownOutcome.data, other: otherOutcome.data };
  }
  return {
    kind: 'bootstrap',
    one: replicatesOf(ownOutcome.data),
    other: replicatesOf(otherOutcome.data),
    difference,
  };
}

/** A copy: the bytes need not lie at a multiple of 8. */
function replicatesOf(data: Uint8Array): Float64Array {
  return new Float64Array(Uint8Array.from(data).buffer);
}

/** A drop that a goal allows, in the unit of the metric: points are hundredths of a fraction. */
export function allowedDrop(maxDrop: number, metric: string, task: TaskSettings): number {
  const unit = taskOf(task.kind).metrics[metric]?.unit ?? 'fraction';
  return unit === 'fraction' ? maxDrop / 100 : maxDrop;
}
