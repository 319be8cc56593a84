import { coarseHistograms } from '../../../calibrate/histograms/coarse-histograms.js';
import { observeGraph } from '../../../calibrate/observe-graph.js';
import { StatisticsAccumulator } from '../../../calibrate/statistics-accumulator.js';
import type { Dataset } from '../../../formats/dataset.js';
import type { DisplayHistograms } from '../../../records/observation-record.js';
import type { Batching } from '../../batching/batching.js';
import { type JobContext } from '../job-context.js';
import { withSession } from '../../session/with-session.js';
import type { LoadedModel } from '../../session/load-model.js';
import { runBatches } from '../../batching/run-batches.js';

/**
 * Histograms of all layers' inputs over the first samples, to look at. A pass of its own, so that
 * the graph of the statistics, and with it their last bit, is the same whether or not somebody
 * looks. As few samples a run as may be: the inputs of all layers are copied out at once, and those
 * of a whole batch could be more than the pass before needed.
 *
 * @param samples above 0
 * @param sums as of `observeGraph`
 */
export async function displayHistograms(
  samples: number,
  { folded, layers, io }: Pick<LoadedModel, 'folded' | 'layers' | 'io'>,
  batching: Batching,
  dataset: Dataset,
  context: JobContext,
  sums: 'plain' | 'huge' = 'plain',
): Promise<DisplayHistograms> {
  const supported = layers.filter((layer) => layer.supported);
  const { model, observed } = observeGraph(folded, supported, ['channel'], true, constantInputs(dataset), sums);
  const statistics = new StatisticsAccumulator(observed, 'display');
  await withSession(model, io, context, (session) =>
    context.clock.measure('display', () =>
      runBatches(session, batching, dataset, { first: 0, count: samples, batchSize: 1 }, (outputs, run) => {
        statistics.add(outputs, { samples: run.samples, fed: run.rows });
      }),
    ),
  );
  const { inputs } = statistics.snapshot(samples, samples);
  return {
    samples,
    inputs: inputs.map(({ layer, histograms }) => ({ layer, histograms: coarseHistograms(histograms!) })),
  };
}

/** Further inputs of the model that get the same in every run. */
export function constantInputs({ inputs = [] }: Dataset): ReadonlySet<string> {
  return new Set(inputs.filter((input) => input.kind === 'value' || input.per === 'run').map(({ name }) => name));
}
