import type { Dataset } from '../../../formats/dataset.js';
import { fixedBatchSize, type ModelIo } from '../../../onnx/model-io.js';
import { copyNode } from '../../../onnx/node.js';
import { copyGraph, withGraph, type OnnxModel } from '../../../onnx/onnx-model.js';
import { splitModel } from '../../../onnx/split-model.js';
import { elementCount } from '../../../onnx/tensor.js';
import { feedReader } from '../../batching/feeds.js';
import { loadModel } from '../../session/load-model.js';
import { readModelFile } from '../../session/model-file.js';
import { operatorTimes } from '../../session/operator-times.js';
import { profileRuns, Session, type Feeds, type FloatTensor, type SessionSettings } from '../../session/session.js';
import type { JobContext } from '../job-context.js';
import type { JobResult } from '../jobs.js';
import { openJobDataset } from '../open-job-dataset.js';
import type { LatencyJob, TimedModel } from './latency-job.js';
import { roundOrders } from './round-orders.js';

/** Runs under the profiler, and those before them, in which the runtime still allocates. */
const PROFILED_RUNS = 9;
const PROFILE_WARMUP = 2;

/**
 * Times the models by whole rounds, so that what slows the machine down for a while slows all of
 * them, in changing order ({@link roundOrders}). Sessions are those of a user who sets no option
 * but the number of threads.
 */
export async function runLatency(job: LatencyJob, context: JobContext): Promise<JobResult<'latency'>> {
  const { io } = loadModel(job.model, context.caches);
  const dataset = await openJobDataset(job.source, job.preprocess, context);
  const rows = fixedBatchSize(io) ?? job.batchSize;
  const fed = await feedOf(io, dataset, rows);
  const paths = [job.model.path, ...job.candidates];
  const settings: SessionSettings = {
    ...{ provider: 'cpu', deviceId: 0, threads: job.threads, optimizationLevel: 'all', fuseQuantized: true },
  };
  const steps = job.warmup + job.rounds + paths.length;
  const sessions: Session[] = [];
  let rounds: Rounds;
  try {
    await context.clock.measure('session', async () => {
      for (const path of paths) {
        sessions.push(await Session.create(splitModel(readModelFile(path).model, null), io.input, settings));
      }
    });
    const runs = sessions.map((session) => session.prepareRun(fed.batch, fed.further));
    rounds = await context.clock.measure('rounds', () =>
      timeRounds(runs, job, (done) => {
        context.report(done, steps);
      }),
    );
  } finally {
    for (const session of sessions) await session.release();
  }
  const models: TimedModel[] = [];
  await context.clock.measure('profile', async () => {
    for (const [index, path] of paths.entries()) {
      models.push({ ...rounds.timed[index]!, operators: await profileOf(path, io, fed, settings) });
      context.report(job.warmup + job.rounds + index + 1, steps);
    }
  });
  return {
    value: { batchSize: rows, models, order: rounds.order },
    execution: { provider: 'CPUExecutionProvider', timings: context.clock.timings },
  };
}

/** What was timed, and in which order: `[rounds][models]`. */
interface Rounds {
  readonly order: readonly (readonly number[])[];
  readonly timed: readonly Pick<TimedModel, 'wallMs' | 'cpuMs'>[];
}

/** What one run is fed. */
interface Fed {
  readonly batch: FloatTensor;
  readonly further: Feeds;
}

/** The first samples, over and over where there are fewer than rows. */
async function feedOf(io: ModelIo, dataset: Dataset, rows: number): Promise<Fed> {
  const samples = Math.min(rows, dataset.sampleCount);
  const size = elementCount(dataset.sampleShape);
  const data = new Float32Array(rows * size);
  await dataset.read(0, samples, data.subarray(0, samples * size));
  for (let row = samples; row < rows; row += samples) data.copyWithin(row * size, 0, samples * size);
  return { batch: { data, dims: [rows, ...dataset.sampleShape] }, further: feedReader(io, dataset)(0, samples, rows) };
}

async function timeRounds(
  runs: readonly (() => Promise<void>)[],
  { warmup, rounds }: Pick<LatencyJob, 'warmup' | 'rounds'>,
  report: (done: number) => void,
): Promise<Rounds> {
  const timed = runs.map(() => ({ wallMs: [] as number[], cpuMs: [] as number[] }));
  const orders = roundOrders(runs.length, warmup + rounds);
  for (const [round, order] of orders.entries()) {
    for (const index of order) {
      const cpu = process.cpuUsage();
      const start = process.hrtime.bigint();
      await runs[index]!();
      const wall = process.hrtime.bigint() - start;
      const { user, system } = process.cpuUsage(cpu);
      if (round < warmup) continue;
      timed[index]!.wallMs.push(Number(wall) / 1e6);
      timed[index]!.cpuMs.push((user + system) / 1e3);
    }
    report(round + 1);
  }
  return { order: orders.slice(warmup), timed };
}

async function profileOf(
  path: string,
  io: ModelIo,
  { batch, further }: Fed,
  settings: SessionSettings,
): Promise<TimedModel['operators']> {
  const model = withNodeNames(readModelFile(path).model);
  const runs = PROFILE_WARMUP + PROFILED_RUNS;
  const { events, toOld } = await profileRuns(splitModel(model, null), io.input, batch, settings, further, runs);
  return operatorTimes(events, toOld, new Set(model.graph.node.map(({ name }) => name)), PROFILE_WARMUP);
}

/** Nodes without a name get one, by which they are known from those that the runtime inserts. */
function withNodeNames(model: OnnxModel): OnnxModel {
  if (model.graph.node.every(({ name }) => name !== '')) return model;
  const node = model.graph.node.map((own, index) =>
    own.name === '' ? copyNode(own, { name: `${model.ownPrefix}${own.opType} ${index}` }) : own,
  );
  return withGraph(model, copyGraph(model.graph, { node }));
}
