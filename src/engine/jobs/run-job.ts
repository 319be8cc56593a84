import { PhaseClock, type JobContext } from './job-context.js';
import { runMeasure } from './job-measure.js';
import { runObserve } from './observe/job-observe.js';
import { runProbe } from './job-probe.js';
import { runRank } from './rank/job-rank.js';
import { runReference } from './reference/job-reference.js';
import { runSearch } from './search/job-search.js';
import { runShapes } from './job-shapes.js';
import { runTrial } from './trial/job-trial.js';
import type { Job, JobResult } from './jobs.js';
import { checkUnchanged } from './unchanged-inputs.js';
import type { SessionSettings } from '../session/session.js';

/** Runs any job to its end in this process. */
export async function runJob(
  job: Job,
  session: SessionSettings,
  report: JobContext['report'],
  given: Pick<JobContext, 'batchLimit' | 'inputs'> = { batchLimit: null, inputs: [] },
): Promise<JobResult<Job['kind']>> {
  try {
    return await resultOf(job, { ...given, session, report, clock: new PhaseClock() });
  } finally {
    // Data may have been written to while it was read: such a result is of no data that there ever was, and a failure
    // (a file cut short, outputs that no longer agree) is not the trial's own. This error takes the place of both.
    await checkUnchanged(given.inputs);
  }
}

async function resultOf(job: Job, context: JobContext): Promise<JobResult<Job['kind']>> {
  await checkUnchanged(context.inputs);
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
    case 'shapes':
      return runShapes(job, context);
    case 'probe':
      return runProbe(context);
    case 'measure':
      return runMeasure(job, context);
  }
}
