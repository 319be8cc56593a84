import { describe, expect, it } from 'vitest';
import type { TrialRecord } from '../../src/records/trial-record.js';
import type { Job, JobResults } from '../../src/engine/jobs/jobs.js';
import { runJob } from '../../src/engine/jobs/run-job.js';
import { modelBytes } from '../onnx/build-model.js';
import {
  jobModel,
  observeJob,
  oneThread,
  smallNetwork,
  temporaryFiles,
  trialJob,
  writeModel,
  writeSamples,
} from './small-experiment.js';

const write = temporaryFiles();
const source = writeSamples(write);
const model = writeModel(write, 'N');

async function run<K extends Job['kind']>(
  job: Extract<Job, { kind: K }>,
  batchLimit: number | null,
): Promise<JobResults[K]> {
  const { value } = await runJob(job, oneThread, () => undefined, { batchLimit, inputs: [] });
  return value as JobResults[K];
}

describe('smaller batches', () => {
  it.each([1, 2])('of at most %i give the same statistics, bit for bit', async (limit) => {
    const job = observeJob(model, source, { histograms: [5] });
    expect(await run<'observe'>(job, limit)).toEqual(await run<'observe'>(job, null));
  });

  it.each([1, 3])('of at most %i give the same trial, bit for bit', async (limit) => {
    const observation = (await run<'observe'>(observeJob(model, source), null)).at(-1)!;
    const job = trialJob(model, source, observation, { correctionSamples: 10 });
    const whole = (await run<'trial'>(job, null)) as TrialRecord;
    const parts = (await run<'trial'>(job, limit)) as TrialRecord;
    expect({ ...parts }).toEqual({ ...whole });
  });

  it('feeds no run more samples than the limit, and none less than two', async () => {
    // A model whose batch axis is fixed at 4 can't be fed less, and is not.
    const fixed = jobModel(write('fixed.onnx', modelBytes(smallNetwork(4))));
    const job = observeJob(fixed, source);
    expect(await run<'observe'>(job, 1)).toEqual(await run<'observe'>(job, null));
    for (const batchLimit of [1, 2]) {
      const steps: number[] = [];
      const whole = observeJob(model, source, { snapshots: [] });
      await runJob(whole, oneThread, (done) => steps.push(done), { batchLimit, inputs: [] });
      expect(steps).toEqual([2, 4, 6, 8, 10, 12, 14, 15]);
    }
  });
});
