import type { AccuracyRecord, EvaluationRecord } from './evaluation-record.js';

/** The value that trials are ranked by, of the whole evaluation; undefined where it has none. */
export function primaryAccuracy({
  primaryMetric,
  accuracies,
}: Pick<EvaluationRecord, 'primaryMetric' | 'accuracies'>): AccuracyRecord | undefined {
  return accuracies.find(({ metric, slice }) => metric === primaryMetric && slice === '');
}
