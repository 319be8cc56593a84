import type { FailureRecord } from '../evaluate/results.js';
import { PhaseClock, type JobContext } from './job-context.js';
import { runObserve } from './job-observe.js';
import { runProbe } from './job-probe.js';
import { runRank } from './job-rank.js';
import { runReference } from './job-reference.js';
import { runSearch } from './job-search.js';
import { runTrial } from './job-trial.js';
import type { Job, JobResult } from './jobs.js';
import type { SessionSettings } from './session.js';

/** Runs any job to its end in this process. */
export async function runJob(
  job: Job,
  session: SessionSettings,
  report: JobContext['report'],
): Promise<JobResult<Job['kind']>> {
  const context: JobContext = { session, report, clock: new PhaseClock() };
  switch (job.kind) {
    case 'observe':
      return runObserve(job, context);
    case 'reference':
      return runReference(job, context);
    case 'search':
      return runSearch(job, context);
    case 'rank':
      return runRank(job, context);
    case 'trial':
      return runTrial(job, context);
    case 'probe':
      return runProbe(context);
  }
}

/** Errors that a job throws fail the same way each time; only a lost child is worth another attempt. */
export function failureOf(cause: unknown): FailureRecord {
  if (cause instanceof Error) return { errorClass: cause.name, message: cause.message, retry: false };
  return { errorClass: 'UnknownError', message: String(cause), retry: false };
}
