import { coarseHistograms } from '../calibrate/coarse-histograms.js';
import { observeGraph } from '../calibrate/observe-graph.js';
import { StatisticsAccumulator } from '../calibrate/statistics-accumulator.js';
import type { Dataset } from '../data/dataset.js';
import type { DisplayHistograms } from '../evaluate/results.js';
import { withSession, type JobContext } from './job-context.js';
import type { LoadedModel } from './model-cache.js';
import { runBatches } from './run-batches.js';
import { lossSamples } from './whole-batches.js';

/**
 * Histograms of all layers' inputs over the first samples, to look at. A pass of its own, so that the graph of the
 * statistics, and with it their last bit, is the same whether or not somebody looks. One sample a run: the inputs of
 * all layers are copied out at once, and those of a whole batch could be more than the pass before needed.
 *
 * @param wanted samples, above 0; fewer where a fixed batch would have to be padded
 * @param sums as of `observeGraph`
 */
export async function displayHistograms(
  wanted: number,
  { folded, layers, io }: Pick<LoadedModel, 'folded' | 'layers' | 'io'>,
  dataset: Dataset,
  context: JobContext,
  sums: 'plain' | 'huge' = 'plain',
): Promise<DisplayHistograms> {
  const supported = layers.filter((layer) => layer.supported);
  const { model, observed } = observeGraph(folded, supported, ['channel'], true, sums);
  const statistics = new StatisticsAccumulator(observed, 'display');
  const samples = lossSamples(wanted, io, supported);
  await withSession(model, io, context, (session) =>
    context.clock.measure('display', () =>
      runBatches(session, io, dataset, { first: 0, count: samples, batchSize: 1 }, (outputs, _first, real, fed) => {
        statistics.add(outputs, { samples: real, fed });
      }),
    ),
  );
  const { inputs } = statistics.snapshot(samples, samples);
  return {
    samples,
    inputs: inputs.map(({ layer, histograms }) => ({ layer, histograms: coarseHistograms(histograms!) })),
  };
}
