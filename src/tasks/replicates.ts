import type { AccuracyRecord, OutcomeRecord } from '../records/evaluation-record.js';
import { percentileInterval95 } from '../statistics/bootstrap.js';

/**
 * Returns a value with the interval of its bootstrap replicates; without replicates there is none.
 */
export function replicatedRecord(
  metric: string,
  slice: string,
  value: number,
  replicates: Float64Array,
): AccuracyRecord {
  const base = { metric, slice, value, correct: null, total: null };
  if (replicates.length === 0) return { ...base, ciLow: null, ciHigh: null, ciMethod: null };
  const [ciLow, ciHigh] = percentileInterval95(replicates);
  return { ...base, ciLow, ciHigh, ciMethod: 'bootstrap' };
}

/**
 * Returns the replicates of the primary metric as they are stored, for comparisons with other
 * trials.
 */
export function replicateOutcomes(metric: string, replicates: Float64Array): readonly OutcomeRecord[] {
  if (replicates.length === 0) return [];
  return [{ metric, kind: 'bootstrap', count: replicates.length, data: toLittleEndian(replicates) }];
}

/** A value of each sample as it is stored; NaN where the metric has none for it. */
export function valuesOutcome(metric: string, values: Float64Array): OutcomeRecord {
  return { metric, kind: 'values', count: values.length, data: toLittleEndian(values) };
}

function toLittleEndian(values: Float64Array): Uint8Array {
  const bytes = new Uint8Array(values.length * 8);
  const view = new DataView(bytes.buffer);
  values.forEach((value, index) => {
    view.setFloat64(index * 8, value, true);
  });
  return bytes;
}
