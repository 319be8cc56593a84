import type { SessionSettings } from '../session/session.js';
import { type JobContext } from './job-context.js';
import { PhaseClock } from './phase-clock.js';
import { JobCaches } from './job-caches.js';
import type { Job, JobKind, JobOf, JobResult } from './jobs.js';
import { runLatency } from './latency/run-latency.js';
import { runMeasure } from './measure/run-measure.js';
import { runMoments } from './moments/run-moments.js';
import { runNumerics } from './numerics/run-numerics.js';
import { runObserve } from './observe/run-observe.js';
import { runPlace } from './place/run-place.js';
import { runProbe } from './probe/run-probe.js';
import { runRank } from './rank/run-rank.js';
import { runReference } from './reference/run-reference.js';
import { runSearch } from './search/run-search.js';
import { runShapes } from './shapes/run-shapes.js';
import { runTrial } from './trial/run-trial.js';
import { checkUnchanged } from './unchanged-inputs.js';

const runners = {
  observe: runObserve,
  moments: runMoments,
  reference: runReference,
  search: runSearch,
  rank: runRank,
  trial: runTrial,
  shapes: runShapes,
  probe: runProbe,
  numerics: runNumerics,
  measure: runMeasure,
  latency: runLatency,
  place: runPlace,
} satisfies { readonly [K in JobKind]: (job: JobOf<K>, context: JobContext) => Promise<JobResult<K>> };

/** What a job is given besides its own description. */
export interface JobSurroundings {
  readonly batchLimit: JobContext['batchLimit'];
  readonly inputs: JobContext['inputs'];
  /** What earlier jobs of this process left; absent: nothing is known yet, and nothing is kept. */
  readonly caches?: JobCaches;
}

/** Runs any job to its end in this process. */
export async function runJob(
  job: Job,
  session: SessionSettings,
  report: JobContext['report'],
  { batchLimit, inputs, caches = new JobCaches() }: JobSurroundings = { batchLimit: null, inputs: [] },
): Promise<JobResult<JobKind>> {
  const context = { batchLimit, inputs, caches, session, report, clock: new PhaseClock() };
  try {
    await checkUnchanged(inputs, caches);
    // The table has under each kind what runs its jobs.
    const run = runners[job.kind] as (job: Job, context: JobContext) => Promise<JobResult<JobKind>>;
    return await run(job, context);
  } finally {
    // Data may have been written to while it was read: such a result is of no data that there ever
    // was, and a failure (a file cut short, outputs that no longer agree) is not the trial's own.
    // This error takes the place of both.
    await checkUnchanged(inputs, caches);
  }
}
