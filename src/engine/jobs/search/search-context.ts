import type { SearchObjective } from '../../../experiment/sections/settings.js';
import type { Dataset } from '../../../formats/dataset.js';
import type { SearchGraph } from '../../../losses/search-graph.js';
import { SearchLosses } from '../../../losses/search-losses.js';
import type { SearchPoint } from '../../../records/search-record.js';
import type { Layer } from '../../../onnx/layers/layers.js';
import { prepareModel, type AlphaOf, type PreparedModel } from '../../../quantize/prepare-layers.js';
import { bitsOfLayers } from '../../../quantize/select-layers.js';
import { freelyChosen, type Batching } from '../../batching/batching.js';
import { batchWithin, type JobContext } from '../job-context.js';
import { withSession } from '../../session/with-session.js';
import type { SearchJob } from './search-job.js';
import type { LoadedModel } from '../../session/load-model.js';
import { runBatches } from '../../batching/run-batches.js';
import type { BatchRange } from '../../batching/sample-runs.js';

/** Samples of one run: it changes no result; this many stay in the cache on CPU. */
export const RUN_SAMPLES = 16;

/** What stays the same through a search. */
export interface SearchContext {
  readonly job: SearchJob;
  readonly objective: SearchObjective;
  readonly model: LoadedModel;
  readonly batching: Batching;
  readonly dataset: Dataset;
  /** The layers that are quantized, in graph order. */
  readonly layers: readonly Layer[];
  readonly context: JobContext;
}

/** Some layers smoothed and quantized at the given alphas. */
export function prepareAt(
  { job, model, context }: Pick<SearchContext, 'job' | 'model' | 'context'>,
  layers: readonly Layer[],
  alphaOf: AlphaOf,
): Promise<PreparedModel> {
  const statistics = new Map(job.observation.inputs.map((i) => [i.layer, i]));
  const { quantization, smoothing } = job;
  const bits = bitsOfLayers(model.layers, job.layers);
  const preparation = { quantization, smoothing, bits, alphaOf };
  return context.clock.measure('prepare', () => prepareModel(model.folded, layers, statistics, preparation));
}

/** Each candidate with some layers prepared at it. */
export async function prepareCandidates(
  search: SearchContext,
  layers: readonly Layer[],
): Promise<ReadonlyMap<number, PreparedModel>> {
  const prepared = new Map<number, PreparedModel>();
  for (const alpha of search.job.candidates) prepared.set(alpha, await prepareAt(search, layers, () => alpha));
  return prepared;
}

/** The search's samples, as they are run. */
export function searchedRange({ job, batching, context }: SearchContext): BatchRange {
  const batchSize = batchWithin(freelyChosen(RUN_SAMPLES, batching), context);
  return { first: 0, count: job.search.samples, batchSize };
}

/**
 * Losses of the graph's candidates on the search's samples.
 *
 * @param onSamples gets the number of samples done so far
 */
export async function measureCandidates(
  search: SearchContext,
  graph: SearchGraph,
  onSamples: (done: number) => void,
): Promise<readonly SearchPoint[]> {
  const { model, batching, dataset, context } = search;
  const losses = new SearchLosses(graph);
  await withSession(graph.model, model.io, context, (session) =>
    context.clock.measure('run', () =>
      runBatches(session, batching, dataset, searchedRange(search), (outputs, { first, samples, rows }) => {
        losses.add(outputs, { samples, fed: rows });
        onSamples(first + samples);
      }),
    ),
  );
  return losses.finish();
}
