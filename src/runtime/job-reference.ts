import { evaluatedTogether, openBatching, sampleOutputs } from './batching.js';
import { batchWithin, observedExecution, openJobDataset, withSession, type JobContext } from './job-context.js';
import type { JobResult, ReferenceJob } from './jobs.js';
import { loadModel } from './model-cache.js';
import { runBatches } from './run-batches.js';
import { openTaskMetric } from './task-metric.js';

/** Runs the untouched model over a range of the evaluation samples. */
export async function runReference(job: ReferenceJob, context: JobContext): Promise<JobResult<'reference'>> {
  const model = loadModel(job.model);
  const { untouched, io } = model;
  const dataset = await openJobDataset(job.evaluation.source, job.preprocess, context);
  const ran = await observedExecution('reference', job.model.sha256, () => untouched, io, dataset, context);
  const batching = await openBatching(model, dataset, [job.evaluation.source, job.preprocess], context);
  const metric = await openTaskMetric(job.task, {
    labels: dataset.labels,
    groundTruth: dataset.groundTruth,
    referenceArgmax: null,
    sampleCount: job.samples,
  });
  const range = {
    first: job.first,
    count: job.count,
    batchSize: batchWithin(evaluatedTogether(job.evaluation.batchSize, batching), context),
  };
  await withSession(untouched, io, context, (session) =>
    context.clock.measure('run', () =>
      runBatches(session, batching, dataset, range, async (outputs, run) => {
        const { first, samples } = run;
        const { data, dims } = sampleOutputs(batching, outputs, run);
        // FP32 is judged against itself.
        await metric.add(first, samples, data, dims, data);
        context.report(first + samples - job.first, job.count);
      }),
    ),
  );
  return { value: metric.state(), execution: { ...ran, timings: context.clock.timings } };
}
