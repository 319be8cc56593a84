import type { FailureRecord } from '../../records/failure-record.js';
import { elementCount } from '../../onnx/tensor.js';
import { feedReader } from './feeds.js';
import { openJobDataset, withSession, type JobContext } from '../jobs/job-context.js';
import type { Job, ReferenceJob, TrialJob } from '../jobs/jobs.js';
import { loadModel } from '../session/model-cache.js';
import { RuntimeError } from '../session/runtime-error.js';
import { samplesPerRun } from './samples-per-run.js';

/**
 * The failure of a job whose model can't take so many samples in one run, as one that fixes its batch inside (a Reshape to a
 * constant 1), though its inputs leave it free: found by running the untouched model with one sample and with as many as the
 * job feeds. The message then names the setting; jobs whose number of samples is no setting are tried again with fewer. Any
 * other failure is returned as it is.
 */
export async function explainBatch(
  failure: FailureRecord,
  cause: unknown,
  job: Job,
  context: JobContext,
): Promise<FailureRecord> {
  const samples = Math.min(samplesPerRun(job), context.batchLimit ?? Infinity);
  if (!(cause instanceof RuntimeError) || failure.retry || failure.endsSweep === true) return failure;
  if (job.kind === 'probe' || job.kind === 'shapes' || job.kind === 'measure') return failure;
  if (samples < 2 || (await runs(job, samples, context))) return failure;
  const fitting = await fittingSamples(job, samples, context);
  if (fitting === null) return failure;
  const what = `The model runs with ${fitting} sample${fitting === 1 ? '' : 's'} at a time, but not with ${samples}`;
  switch (job.kind) {
    case 'observe':
      return { ...failure, message: `${what}: set data.calibration.batchSize to ${fitting}. ${failure.message}` };
    case 'reference':
    case 'trial':
      if (isAuto(job)) return { ...failure, message: `${what}. ${failure.message}`, retry: true, smallerBatches: true };
      return { ...failure, message: `${what}: set data.evaluation.batchSize to ${fitting}. ${failure.message}` };
    case 'search':
    case 'rank':
      return { ...failure, message: `${what}. ${failure.message}`, retry: true, smallerBatches: true };
  }
}

function isAuto(job: ReferenceJob | TrialJob): boolean {
  return (job.kind === 'reference' ? job.evaluation : job.settings.evaluation).batchSize === 'auto';
}

/** One sample, or else a half, a quarter, ... of as many; null where none of them runs. */
async function fittingSamples(
  job: Exclude<Job, { kind: 'probe' | 'shapes' | 'measure' }>,
  samples: number,
  context: JobContext,
): Promise<number | null> {
  if (await runs(job, 1, context)) return 1;
  for (let fewer = samples >> 1; fewer > 1; fewer >>= 1) if (await runs(job, fewer, context)) return fewer;
  return null;
}

/** Whether the untouched model takes so many samples in one run. */
async function runs(
  job: Exclude<Job, { kind: 'probe' | 'shapes' | 'measure' }>,
  samples: number,
  context: JobContext,
): Promise<boolean> {
  const { source, preprocess } = dataOf(job);
  try {
    const { untouched, io } = loadModel(job.model);
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

function dataOf(job: Exclude<Job, { kind: 'probe' | 'shapes' | 'measure' }>) {
  switch (job.kind) {
    case 'observe':
      return job;
    case 'reference':
      return { source: job.evaluation.source, preprocess: job.preprocess };
    case 'trial':
      return { source: job.settings.evaluation.source, preprocess: job.settings.preprocess };
    case 'search':
    case 'rank':
      return { source: job.calibration.source, preprocess: job.preprocess };
  }
}
