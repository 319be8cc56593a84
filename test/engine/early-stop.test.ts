import { describe, expect, it } from 'vitest';
import type { ClassificationState } from '../../src/tasks/classification/classification-state.js';
import type { OutcomeRecord } from '../../src/records/evaluation-record.js';
import type { StoppedTrialRecord, TrialRecord } from '../../src/records/trial-record.js';
import { countBits, hasBit } from '../../src/statistics/bitset.js';
import type { DataSource } from '../../src/formats/data-source.js';
import type { JobResults } from '../../src/engine/jobs/jobs.js';
import type { JobModel } from '../../src/engine/jobs/job-model.js';
import type { ReferenceJob } from '../../src/engine/jobs/reference/reference-job.js';
import type { StopRule, TrialJob } from '../../src/engine/jobs/trial/trial-job.js';
import { runJob } from '../../src/engine/jobs/run-job.js';
import { npyArray } from '../formats/write-files.js';
import { randomFloats } from '../onnx/pseudo-random.js';
import { plainQuantization } from '../quantize/preparations.js';
import { asStored, observeJob, oneThread, temporaryFiles, trialJob, writeModel } from './small-experiment.js';

const COUNT = 240;
const write = temporaryFiles();
const free = writeModel(write, 'N');
const fixed = writeModel(write, 7);
const run = async <T>(job: Parameters<typeof runJob>[0]): Promise<T> =>
  (await runJob(job, oneThread, () => undefined)).value as T;

/**
 * Samples sorted by what FP32 says of them, as many a file is by class; two of three are labelled
 * so.
 */
async function sortedByClass(): Promise<DataSource> {
  const samples = randomFloats(11, COUNT * 108, (i) => [1, 5, 0.2][Math.floor(i / 36) % 3]!);
  const shape = [COUNT, 3, 6, 6];
  const npy = (name: string, data: Float32Array, labels: Int32Array): DataSource => ({
    format: 'npy',
    path: write(`${name}.npy`, npyArray('<f4', shape, data)),
    labels: write(`${name}-labels.npy`, npyArray('<i4', [COUNT], labels)),
    groundTruth: null,
  });
  const job: ReferenceJob = {
    kind: 'reference',
    model: free,
    preprocess: asStored,
    evaluation: { source: npy('unsorted', samples, new Int32Array(COUNT)), batchSize: 8, samples: 'all' },
    task: { kind: 'classification' },
    first: 0,
    count: COUNT,
    samples: COUNT,
  };
  const { argmax } = await run<ClassificationState>(job);
  const order = Array.from({ length: COUNT }, (_, index) => index).sort((a, b) => argmax[a]! - argmax[b]!);
  const sorted = Float32Array.from(
    { length: samples.length },
    (_, i) => samples[order[Math.floor(i / 108)]! * 108 + (i % 108)]!,
  );
  return npy(
    'sorted',
    sorted,
    Int32Array.from(order, (sample, place) => (argmax[sample]! + (place % 3 === 0 ? 1 : 0)) % 10),
  );
}

const source = await sortedByClass();
const observations = await run<JobResults['observe']>(observeJob(free, source));

function job(bits: number, stop: StopRule | null, more: { batchSize?: number; model?: JobModel } = {}): TrialJob {
  const { batchSize = 8, model = free } = more;
  const plain = trialJob(model, source, observations.at(-1)!, { batchSize });
  return {
    ...plain,
    settings: { ...plain.settings, quantization: plainQuantization(bits) },
    referenceArgmax: new Int32Array(COUNT),
    stop,
  };
}

const outcomeOf = ({ evaluation }: TrialRecord): OutcomeRecord =>
  evaluation.outcomes.find(({ metric }) => metric === evaluation.primaryMetric)!;
const ruleOf = (record: TrialRecord, more: Partial<StopRule> = {}): StopRule => ({
  confidence: 0.999,
  orderSeed: 5,
  against: 'the other',
  outcome: outcomeOf(record),
  ...more,
});

const good = await run<TrialRecord>(job(8, null));
const bad = await run<TrialRecord>(job(2, null));

describe('a trial that may be stopped', () => {
  it('is stopped where it is clearly worse, with what was seen of it, and keeps all that is no accuracy', async () => {
    const { stopped, ...rest } = await run<StoppedTrialRecord>(job(2, ruleOf(good)));
    const { evaluation, ...complete } = bad;
    expect(rest).toEqual(complete);
    expect(evaluation.samples).toBe(COUNT);
    expect(stopped).toMatchObject({
      against: 'the other',
      metric: 'top1',
      confidence: 0.999,
      orderSeed: 5,
      samples: COUNT,
    });
    expect(stopped.seen).toBeLessThan(COUNT / 2);
    expect(stopped.reason).toBe('test');
    expect(stopped.pValue).toBeLessThanOrEqual(0.001 / 15);
    expect(stopped.otherRight - stopped.right).toBe(stopped.onlyOther - stopped.onlyTrial);
    // A file sorted by class would show one class alone so soon: the order is not the file's.
    const share = countBits(outcomeOf(bad).data) / COUNT;
    expect(Math.abs(stopped.right / stopped.seen - share)).toBeLessThan(0.25);
  });

  it('is stopped at the same sample whatever the batches, also where the model fixes them', async () => {
    const verdict = async (given: TrialJob) => (await run<StoppedTrialRecord>(given)).stopped;
    const expected = await verdict(job(2, ruleOf(good)));
    for (const batchSize of [1, 7, 64, COUNT])
      expect(await verdict(job(2, ruleOf(good), { batchSize }))).toEqual(expected);
    expect(await verdict(job(2, ruleOf(good), { model: fixed }))).toEqual(expected);
  });

  it('runs to its end where it is better, and has the very record that it has without', async () => {
    expect(await run(job(8, ruleOf(bad)))).toEqual(good);
    expect(await run(job(8, ruleOf(bad), { model: fixed, batchSize: 3 }))).toMatchObject({
      evaluation: good.evaluation,
    });
  });

  it('runs to its end where it is equal, with its outcomes at their samples’ places', async () => {
    const again = await run<TrialRecord>(job(2, ruleOf(bad, { orderSeed: 99 })));
    expect(again).toEqual(bad);
    // Not trivially: it is right on some samples and wrong on others.
    const bits = Array.from({ length: COUNT }, (_, sample) => hasBit(outcomeOf(again).data, sample));
    expect(new Set(bits).size).toBe(2);
  });

  it('takes fewer samples through the model than a whole evaluation', async () => {
    const seen: number[] = [];
    await runJob(job(2, ruleOf(good)), oneThread, (done) => seen.push(done));
    // After the last evaluated batch the losses begin, which are at the end of the whole.
    const evaluated = seen.filter((done) => done <= COUNT);
    expect(Math.max(...evaluated)).toBeLessThan(COUNT / 2 + 8);
  });

  it('refuses to be held against another evaluation', async () => {
    const rule = ruleOf(good, { outcome: { ...outcomeOf(good), count: COUNT - 1 } });
    await expect(run(job(2, rule))).rejects.toThrow(/Invariant/);
  });
});
