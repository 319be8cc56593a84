import { MomentsAccumulator } from '../../../calibrate/moments/moments-accumulator.js';
import { momentsGraph } from '../../../calibrate/moments/moments-graph.js';
import { momentsLayers } from '../../../quantize/select-layers.js';
import { elementCount } from '../../../onnx/tensor.js';
import { momentsBatch } from '../../../plan/estimate/estimate-memory.js';
import { NonFiniteError } from '../../../records/non-finite-error.js';
import { openBatching } from '../../batching/batching.js';
import { runBatches } from '../../batching/run-batches.js';
import { loadModel } from '../../session/load-model.js';
import { withSession } from '../../session/with-session.js';
import type { JobContext } from '../job-context.js';
import type { JobResult } from '../jobs.js';
import { observedExecution } from '../observed-execution.js';
import { openJobDataset } from '../open-job-dataset.js';
import type { MomentsJob } from './moments-job.js';
import { packSums } from './packed-sums.js';

/** Adds up products of the unfolded inputs of layers over a range of calibration samples. */
export async function runMoments(job: MomentsJob, context: JobContext): Promise<JobResult<'moments'>> {
  try {
    return await sumUp(job, context, 'plain');
  } catch (error) {
    // Finite values near the ends of float32 have products beyond them.
    if (!(error instanceof NonFiniteError)) throw error;
    return sumUp(job, context, 'huge');
  }
}

async function sumUp(job: MomentsJob, context: JobContext, sums: 'plain' | 'huge'): Promise<JobResult<'moments'>> {
  const loaded = loadModel(job.model, context.caches);
  const { folded, layers, io } = loaded;
  const dataset = await openJobDataset(job.source, job.preprocess, context, job.sampleSeed);
  const gathered = momentsLayers(layers, job.ops);
  const graph = await context.clock.measure('prepare', () => momentsGraph(folded, gathered, { sums }));
  const { model } = graph;
  const ran = await observedExecution(
    `moments ${sums} ${job.ops.join()}`,
    job.model.sha256,
    () => model,
    io,
    dataset,
    context,
  );
  const batching = await openBatching(loaded, dataset, [job.source, job.preprocess], context);
  const accumulator = new MomentsAccumulator(graph);
  const count = job.end - job.first;
  const range = { first: job.first, count, batchSize: momentsBatch(elementCount(dataset.sampleShape)) };
  await withSession(model, io, context, (session) =>
    context.clock.measure('run', () =>
      runBatches(session, batching, dataset, range, (outputs, { first, samples, rows }) => {
        accumulator.add(outputs, { samples, fed: rows });
        context.report(first + samples - job.first, count);
      }),
    ),
  );
  const value = await context.clock.measure('pack', () => packSums(accumulator.snapshot()));
  return { value, execution: { ...ran, timings: context.clock.timings } };
}
