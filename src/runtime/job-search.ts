import { weightedMean } from '../evaluate/loss-accumulator.js';
import { searchGraph } from '../evaluate/loss-graph.js';
import { NonFiniteError } from '../evaluate/non-finite-error.js';
import type { SearchPoint } from '../evaluate/results.js';
import { prepareModel } from '../quantize/prepare-layers.js';
import { selectLayers } from '../quantize/select-layers.js';
import { observedProvider, openJobDataset, withSession, type JobContext } from './job-context.js';
import type { JobResult, SearchJob } from './jobs.js';
import { loadModel } from './model-cache.js';
import { runBatches } from './run-batches.js';
import { lossSamples } from './whole-batches.js';

/** Samples of one run: losses are added up by sample, so it changes no result; this many stay in the cache on CPU. */
const RUN_SAMPLES = 16;

/** Measures the isolated l1 of every layer at each of the job's candidate alphas, in one graph. */
export async function runSearch(job: SearchJob, context: JobContext): Promise<JobResult<'search'>> {
  const { untouched, folded, layers, io } = loadModel(job.model);
  const dataset = await openJobDataset(job.calibration.source, job.preprocess);
  const selected = selectLayers(layers, job.layers);
  const statistics = new Map(job.observation.inputs.map((i) => [i.layer, i]));
  const graph = await context.clock.measure('prepare', () =>
    searchGraph(
      untouched,
      new Map(
        job.candidates.map((alpha) => [
          alpha,
          prepareModel(folded, selected, statistics, {
            quantization: job.quantization,
            smoothing: job.smoothing,
            rules: job.layers.rules,
            alphaOf: () => alpha,
          }),
        ]),
      ),
    ),
  );
  const sums = new Map<string, number>();
  const add = (output: string, value: number): void => {
    sums.set(output, (sums.get(output) ?? 0) + value);
  };
  const measured = lossSamples(job.search.samples, io, selected);
  const range = { first: 0, count: measured, batchSize: RUN_SAMPLES };
  await withSession(graph.model, io, context, (session) =>
    context.clock.measure('run', () =>
      runBatches(session, io, dataset, range, (outputs, first, samples, fed) => {
        for (const [name, tensor] of Object.entries(outputs)) {
          add(name, weightedMean(tensor, { samples, fed }));
        }
        context.report(first + samples, measured);
      }),
    ),
  );
  const points = graph.candidates.map(({ layer, alpha, absError }): SearchPoint => {
    const error = sums.get(absError)!;
    const reference = sums.get(graph.absReference.get(layer)!)!;
    if (!Number.isFinite(error) || !Number.isFinite(reference)) {
      throw new NonFiniteError(`the output of layer "${layer}" in the search at alpha ${alpha}`);
    }
    return {
      layer,
      alpha,
      sweep: 0,
      loss: error / measured,
      relL1: reference > 0 ? error / reference : null,
    };
  });
  const provider = await observedProvider(
    'search',
    job.model.sha256 + JSON.stringify(job.layers),
    graph.model,
    io,
    dataset,
    context,
  );
  const value = { points, alphaCurve: [], alphas: null };
  return { value, execution: { provider, timings: context.clock.timings } };
}
