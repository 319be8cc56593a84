import { OutputSurveyor } from '../../../reference/output-survey.js';
import { evaluationSamplesPerRun, openBatching, sampleOutputs } from '../../batching/batching.js';
import { type JobContext } from '../job-context.js';
import { observedExecution } from '../observed-execution.js';
import { openJobDataset } from '../open-job-dataset.js';
import { withSession } from '../../session/with-session.js';
import type { JobResult } from '../jobs.js';
import type { ReferenceJob } from './reference-job.js';
import { loadModel } from '../../session/load-model.js';
import { runBatches } from '../../batching/run-batches.js';
import type { Session } from '../../session/session.js';
import { taskOf } from '../../../tasks/task-settings.js';
import { openTaskMetric } from '../../../tasks/task-metric.js';

/** Runs the untouched model over a range of the evaluation samples. */
export async function runReference(job: ReferenceJob, context: JobContext): Promise<JobResult<'reference'>> {
  const model = loadModel(job.model, context.caches);
  const { untouched, io } = model;
  const dataset = await openJobDataset(job.evaluation.source, job.preprocess, context);
  const ran = await observedExecution('reference', job.model.sha256, () => untouched, io, dataset, context);
  const batching = await openBatching(model, dataset, [job.evaluation.source, job.preprocess], context);
  const metric = await openTaskMetric(job.task, {
    labels: dataset.labels,
    groundTruth: dataset.groundTruth,
    referenceArgmax: null,
    sampleCount: job.samples,
    names: dataset.names ?? null,
    sampleShape: dataset.sampleShape,
  });
  const surveyors = io.outputs.map(({ name }) => ({ output: name, surveyor: new OutputSurveyor() }));
  const range = {
    first: job.first,
    count: job.count,
    batchSize: evaluationSamplesPerRun(job.evaluation.batchSize, batching, context),
  };
  try {
    await withSession(untouched, io, context, (session) =>
      context.clock.measure('run', () =>
        runBatches(
          surveyed(
            session,
            surveyors.map(({ surveyor }) => surveyor),
          ),
          batching,
          dataset,
          range,
          async (outputs, run) => {
            const { first, samples } = run;
            // FP32 is judged against itself.
            const scored = sampleOutputs(batching, outputs, run);
            for (const [index, { data, dims }] of scored.entries()) {
              surveyors[index]!.surveyor.addOutput(samples, data, dims);
            }
            const origins = (await dataset.origins?.(first, samples)) ?? null;
            await metric.add({ first, count: samples, outputs: scored, reference: scored, origins });
            context.report(first + samples - job.first, job.count);
          },
        ),
      ),
    );
    // What can't be sent is finished here.
    if (taskOf(job.task.kind).isWhole === true) await context.clock.measure('metric', () => metric.finish());
  } finally {
    metric.close?.();
  }
  const surveys = surveyors.map(({ output, surveyor }) => ({ output, survey: surveyor.survey() }));
  const value = { ...metric.state(), surveys };
  return { value, execution: { ...ran, timings: context.clock.timings } };
}

/**
 * The session with an eye on what it is fed; the copies that pad a batch are of samples that are
 * fed anyway.
 */
function surveyed(session: Pick<Session, 'run'>, surveyors: readonly OutputSurveyor[]): Pick<Session, 'run'> {
  return {
    run: (batch, further) => {
      for (const surveyor of surveyors) surveyor.addInput(batch.data);
      return session.run(batch, further);
    },
  };
}
