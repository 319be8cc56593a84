import type { FailureRecord } from '../../records/failure-record.js';
import type { DataSource } from '../../formats/data-source.js';
import type { PreprocessSettings } from '../../formats/preprocess/preprocess-settings.js';
import { elementCount } from '../../onnx/tensor.js';
import { feedReader } from './feeds.js';
import { type JobContext } from '../jobs/job-context.js';
import { openJobDataset } from '../jobs/open-job-dataset.js';
import { withSession } from '../session/with-session.js';
import { factsOf, samplesPerRun, type Job } from '../jobs/jobs.js';
import type { JobModel } from '../jobs/job-model.js';
import { loadModel } from '../session/load-model.js';
import { RuntimeError } from '../session/runtime-error.js';

/**
 * The failure of a job whose model can't take so many samples in one run, as one that fixes its
 * batch inside (a Reshape to a constant 1), though its inputs leave it free: found by running the
 * untouched model with one sample and with as many as the job feeds. The message then names the
 * setting; jobs whose number of samples is no setting are tried again with fewer. Any other failure
 * is returned as it is.
 */
export async function explainBatch(
  failure: FailureRecord,
  cause: unknown,
  job: Job,
  context: JobContext,
): Promise<FailureRecord> {
  const samples = Math.min(samplesPerRun(job), context.batchLimit ?? Infinity);
  if (!(cause instanceof RuntimeError) || failure.retry || failure.endsSweep === true) return failure;
  const facts = factsOf(job.kind);
  const data = facts.data(job);
  if (data === null || !('model' in job)) return failure;
  const subject = { ...data, model: job.model };
  if (samples < 2 || (await runs(subject, samples, context))) return failure;
  const fitting = await fittingSamples(subject, samples, context);
  if (fitting === null) return failure;
  const what = `The model runs with ${fitting} sample${fitting === 1 ? '' : 's'} at a time, but not with ${samples}`;
  const setting = facts.batchSetting(job);
  return setting === null
    ? { ...failure, message: `${what}. ${failure.message}`, retry: true, smallerBatches: true }
    : { ...failure, message: `${what}: set ${setting} to ${fitting}. ${failure.message}` };
}

/** A model and the data that it is tried on. */
interface Subject {
  readonly model: JobModel;
  readonly source: DataSource;
  readonly preprocess: PreprocessSettings;
}

/** One sample, or else a half, a quarter, ... of as many; null where none of them runs. */
async function fittingSamples(subject: Subject, samples: number, context: JobContext): Promise<number | null> {
  if (await runs(subject, 1, context)) return 1;
  for (let fewer = samples >> 1; fewer > 1; fewer >>= 1) if (await runs(subject, fewer, context)) return fewer;
  return null;
}

/** Whether the untouched model takes so many samples in one run. */
async function runs({ model, source, preprocess }: Subject, samples: number, context: JobContext): Promise<boolean> {
  try {
    const { untouched, io } = loadModel(model, context.caches);
    const dataset = await openJobDataset(source, preprocess, context);
    // The same sample again and again: whether a shape fits does not depend on the numbers.
    const sample = new Float32Array(elementCount(dataset.sampleShape));
    await dataset.read(0, 1, sample);
    const data = new Float32Array(samples * sample.length);
    for (let row = 0; row < samples; row++) data.set(sample, row * sample.length);
    const further = feedReader(io, dataset)(0, 1, samples);
    await withSession(untouched, io, context, (session) =>
      session.run({ data, dims: [samples, ...dataset.sampleShape] }, further),
    );
    return true;
  } catch {
    return false;
  }
}
