import type { EvaluationSettings } from '../../../experiment/sections/settings.js';
import type { PreprocessSettings } from '../../../formats/preprocess/preprocess-settings.js';
import { evaluationBatch } from '../../../plan/estimate/estimate-memory.js';
import type { NamedSurvey } from '../../../reference/output-survey.js';
import type { MetricState } from '../../../tasks/task-metric.js';
import type { TaskSettings } from '../../../tasks/task-settings.js';
import type { JobFacts } from '../job-facts.js';
import type { JobModel } from '../job-model.js';

/** The untouched model over the evaluation samples `first .. first + count - 1`. */
export interface ReferenceJob {
  readonly kind: 'reference';
  readonly model: JobModel;
  readonly preprocess: PreprocessSettings;
  readonly evaluation: EvaluationSettings;
  readonly task: TaskSettings;
  readonly first: number;
  readonly count: number;
  /** Samples of the whole evaluation, of which this job does a part. */
  readonly samples: number;
}

/**
 * What a metric gathered of FP32, with what was seen of its input and each evaluated output; absent
 * in what earlier versions stored.
 */
export type SurveyedState = MetricState & { readonly surveys?: readonly NamedSurvey[] };

export const referenceFacts: JobFacts<ReferenceJob> = {
  samplesPerRun: ({ evaluation }) => evaluationBatch(evaluation.batchSize),
  data: ({ evaluation, preprocess }) => ({ source: evaluation.source, preprocess }),
  batchSetting: ({ evaluation }) => (evaluation.batchSize === 'auto' ? null : 'data.evaluation.batchSize'),
};
