import { evaluationBatch } from '../../plan/estimate/estimate-memory.js';
import type { Job } from '../jobs/jobs.js';
import { RUN_SAMPLES } from '../jobs/search/search-context.js';

/** Samples that a job feeds to one run of its session where memory is not short. */
export function samplesPerRun(job: Job): number {
  switch (job.kind) {
    case 'observe':
      return job.batchSize;
    case 'reference':
      return evaluationBatch(job.evaluation.batchSize);
    case 'trial':
      return evaluationBatch(job.settings.evaluation.batchSize);
    case 'search':
    case 'rank':
      return RUN_SAMPLES;
    case 'shapes':
      return job.samples;
    case 'probe':
    case 'measure':
      return 1;
  }
}
