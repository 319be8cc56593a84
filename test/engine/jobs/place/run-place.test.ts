import { expect, it } from 'vitest';
import { runJob } from '../../../../src/engine/jobs/run-job.js';
import type { PlaceJob } from '../../../../src/engine/jobs/place/place-job.js';
import type { ObserveResult } from '../../../../src/engine/jobs/observe/observe-job.js';
import type { KeepRecord } from '../../../../src/records/keep-record.js';
import { plainQuantization } from '../../../quantize/preparations.js';
import { observeJob, oneThread, temporaryFiles, trialJob, writeModel, writeSamples } from '../../small-experiment.js';

const write = temporaryFiles();

it('times sets of layers in float beside FP32 and every layer quantized, and chooses one', async () => {
  const source = writeSamples(write);
  const model = writeModel(write, 'N');
  const report = (): void => undefined;
  const observed = await runJob(observeJob(model, source, { targets: ['onnxruntime-cpu'] }), oneThread, report);
  const observation = (observed.value as ObserveResult).at(-1)!;
  const { settings } = trialJob(model, source, observation);
  const plain = plainQuantization(8);
  const job: PlaceJob = {
    kind: 'place',
    model,
    settings: {
      ...settings,
      target: 'onnxruntime-cpu',
      quantization: { ...plain, activation: { ...plain.activation, scheme: 'asymmetric' } },
      smoothing: { mode: 'none', alpha: null, absmax: null, apply: null },
    },
    observation,
    batchSize: 2,
    threads: 1,
  };
  const done: number[] = [];
  const { value } = await runJob(job, oneThread, (share, total) => done.push(share / total));
  const tries = value as KeepRecord;
  expect(tries[0]).toMatchObject({ layers: [], metric: 'latencyRatio', loss: 0, againstAll: null });
  expect(tries.length).toBeGreaterThan(1);
  expect(tries.filter(({ chosen }) => chosen)).toHaveLength(1);
  for (const { layers, value: ratio, againstAll } of tries.slice(1)) {
    expect(layers.length).toBeGreaterThan(0);
    expect(ratio).toBeGreaterThan(0);
    expect(againstAll!.low).toBeLessThanOrEqual(againstAll!.ratio);
    expect(againstAll!.high).toBeGreaterThanOrEqual(againstAll!.ratio);
  }
  expect(done.every((share) => share > 0 && share <= 1)).toBe(true);
});
