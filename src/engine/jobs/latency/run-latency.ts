import { fixedBatchSize } from '../../../onnx/model-io.js';
import { splitModel } from '../../../onnx/split-model.js';
import { loadModel } from '../../session/load-model.js';
import { readModelFile } from '../../session/model-file.js';
import { Session, type SessionSettings } from '../../session/session.js';
import type { JobContext } from '../job-context.js';
import type { JobResult } from '../jobs.js';
import { openJobDataset } from '../open-job-dataset.js';
import { feedRows } from './feed-rows.js';
import type { LatencyJob, TimedModel } from './latency-job.js';
import { profileOperators } from './profile-operators.js';
import { timeRounds, type Rounds } from './time-rounds.js';

/**
 * Times the models by whole rounds, so that what slows the machine down for a while slows all of
 * them, in changing order (`roundOrders`). Sessions are those of a user who sets no option
 * but the number of threads.
 */
export async function runLatency(job: LatencyJob, context: JobContext): Promise<JobResult<'latency'>> {
  const { io } = loadModel(job.model, context.caches);
  const dataset = await openJobDataset(job.source, job.preprocess, context);
  const rows = fixedBatchSize(io) ?? job.batchSize;
  const fed = await feedRows(io, dataset, rows);
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
      models.push({
        ...rounds.timed[index]!,
        operators: await profileOperators(readModelFile(path).model, io, fed, settings),
      });
      context.report(job.warmup + job.rounds + index + 1, steps);
    }
  });
  return {
    value: { batchSize: rows, models, order: rounds.order },
    execution: { provider: 'CPUExecutionProvider', timings: context.clock.timings },
  };
}
