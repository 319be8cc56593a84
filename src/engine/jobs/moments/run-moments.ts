import { MomentsAccumulator } from '../../../calibrate/moments/moments-accumulator.js';
import { inputSizes, inputSizesGraph } from '../../../calibrate/moments/input-sizes.js';
import { momentsGraph } from '../../../calibrate/moments/moments-graph.js';
import { momentsLayers } from '../../../quantize/select-layers.js';
import type { Layer } from '../../../onnx/layers/layers.js';
import { elementCount } from '../../../onnx/tensor.js';
import { momentsBatch } from '../../../plan/estimate/estimate-memory.js';
import { NonFiniteError } from '../../../records/non-finite-error.js';
import type { Dataset } from '../../../formats/dataset.js';
import { openBatching, type Batching } from '../../batching/batching.js';
import { runBatches } from '../../batching/run-batches.js';
import type { BatchRange } from '../../batching/sample-runs.js';
import { loadModel, type LoadedModel } from '../../session/load-model.js';
import type { Outputs } from '../../session/session.js';
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
  const batching = await openBatching(loaded, dataset, [job.source, job.preprocess], context);
  const count = job.end - job.first;
  const range = { first: job.first, count, batchSize: momentsBatch(elementCount(dataset.sampleShape)) };
  const sizes = await sizesOf(loaded, gathered, batching, dataset, { ...range, batchSize: 1 }, context);
  const graph = await context.clock.measure('prepare', () => momentsGraph(folded, gathered, { sums, sizes }));
  const { model } = graph;
  const ran = await observedExecution(
    `moments ${sums} ${job.ops.join()}`,
    job.model.sha256,
    () => model,
    io,
    dataset,
    context,
  );
  const accumulator = new MomentsAccumulator(graph);
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

/** Of the images that layers read, which are the same for each sample: one run tells. */
async function sizesOf(
  { folded, io }: LoadedModel,
  layers: readonly Layer[],
  batching: Batching,
  dataset: Dataset,
  range: BatchRange,
  context: JobContext,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const graph = inputSizesGraph(folded, layers);
  let sizes: ReadonlyMap<string, readonly number[]> = new Map();
  if (graph.shapes.size === 0) return sizes;
  const read = (outputs: Outputs): void => {
    sizes = inputSizes(graph, outputs);
  };
  await withSession(graph.model, io, context, (session) =>
    runBatches(session, batching, dataset, range, read, () => true),
  );
  return sizes;
}
