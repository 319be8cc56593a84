import { probeOutputs } from '../../numerics/probe-outputs.js';
import { numericsClass } from '../../numerics/numerics-class.js';
import type { JobContext } from '../job-context.js';
import type { JobResult } from '../jobs.js';
import type { NumericsJob } from './numerics-job.js';

/** @throws RuntimeError where the provider can't run a probe, with the runtime's own words */
export async function runNumerics(_job: NumericsJob, { session, clock }: JobContext): Promise<JobResult<'numerics'>> {
  const outputs = await clock.measure('run', () => probeOutputs(session));
  return {
    value: { numericsClass: numericsClass(session.provider, outputs) },
    execution: { provider: '', timings: clock.timings },
  };
}
