import { plainBatching } from './batching.js';
import { openJobDataset, withSession, type JobContext } from './job-context.js';
import type { JobResult, ShapesJob } from './jobs.js';
import { loadModel } from './model-cache.js';
import { runBatches } from './run-batches.js';

/** Runs the untouched model once over the first samples and returns the shapes of its outputs. */
export async function runShapes(job: ShapesJob, context: JobContext): Promise<JobResult<'shapes'>> {
  const { untouched, io } = loadModel(job.model);
  const dataset = await openJobDataset(job.source, job.preprocess, context);
  const count = Math.min(job.samples, dataset.sampleCount);
  let rows = count;
  let shapes: readonly (readonly [string, readonly number[]])[] = [];
  await withSession(untouched, io, context, (session) =>
    runBatches(session, plainBatching(io), dataset, { first: 0, count, batchSize: count }, (outputs, run) => {
      rows = run.rows;
      shapes = Object.entries(outputs).map(([name, { dims }]) => [name, [...dims]]);
    }),
  );
  return { value: { rows, shapes }, execution: { provider: '', timings: context.clock.timings } };
}
