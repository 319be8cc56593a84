import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stampFiles } from '../src/formats/source-files.js';
import { identifyInput } from '../src/formats/input-identity.js';
import type { ExecutorRequest, Executor } from '../src/engine/executor.js';
import type { ObserveJob } from '../src/engine/jobs/observe/observe-job.js';
import { smallNetwork } from '../test/engine/small-network.js';
import { npyArray } from '../test/formats/npy-bytes.js';
import { modelBytes } from '../test/onnx/build-model.js';
import { randomFloats } from '../test/onnx/pseudo-random.js';
import { oneThread } from './subjects.js';

const VALUES = 3 * 6 * 6;
const BATCH = 4;

/** Jobs that take next to no time, each about other samples. */
export interface TinyJobs {
  readonly request: ExecutorRequest;
  readonly jobs: readonly ObserveJob[];
}

/** Writes a network of three layers and samples for so many jobs. */
export async function writeTinyJobs(folder: string, count: number, slots: number): Promise<TinyJobs> {
  const bytes = modelBytes(smallNetwork('N'));
  const path = join(folder, 'tiny.onnx');
  writeFileSync(path, bytes);
  const samples = join(folder, 'tiny.npy');
  const total = count * BATCH;
  writeFileSync(samples, npyArray('<f4', [total, 3, 6, 6], randomFloats(7, total * VALUES)));
  const model = { path, input: null, output: null, sha256: createHash('sha256').update(bytes).digest('hex') };
  const source = { format: 'npy', path: samples, labels: null, groundTruth: null } as const;
  const preprocess = { layout: 'channelsFirst', channelOrder: 'keep', divideBy: 1, mean: null, std: null } as const;
  const jobs = Array.from({ length: count }, (_, index): ObserveJob => ({
    ...{ kind: 'observe', model, preprocess, source, sampleSeed: null, batchSize: BATCH },
    ...{ firstBatch: index, endBatch: index + 1, snapshots: [], methods: ['channel'] },
    ...{ histograms: null, displaySamples: 0 },
  }));
  return {
    jobs,
    request: {
      slots: Array.from({ length: slots }, (_, index) => ({ device: `cpu:${index}`, session: oneThread })),
      hangSeconds: 120,
      memoryMb: null,
      inputs: [{ kind: 'model', path, sha256: model.sha256, stamp: stampFiles([path]) }, await identifyInput(source)],
    },
  };
}

/** Runs all of them, as many at once as the executor likes. */
export async function runTinyJobs(executor: Executor, jobs: readonly ObserveJob[]): Promise<void> {
  const on = { started: () => undefined, progress: () => undefined };
  const run = (job: ObserveJob): Promise<unknown> =>
    executor.run<'observe'>({ key: `tiny ${job.firstBatch}`, part: 'all', job, batchLimit: null }, on);
  await Promise.all(jobs.map(run));
}
