import { LossAccumulator } from '../../../../losses/loss-accumulator.js';
import { lossGraph } from '../../../../losses/loss-graph.js';
import type { LayerLossRecord } from '../../../../records/loss-record.js';
import { PreciseSums } from '../../../../statistics/precise-sums.js';
import { outputDivergences } from '../../../../tasks/output-divergence.js';
import { evaluationSamplesPerRun, freelyChosen, sampleOutputs } from '../../../batching/batching.js';
import { runBatches } from '../../../batching/run-batches.js';
import { providers } from '../../../providers/providers.js';
import { withSession } from '../../../session/with-session.js';
import { batchWithin } from '../../job-context.js';
import type { EvaluatedTrial } from './evaluate-phase.js';

/** With what quantization did to each layer and to the outputs. */
export interface MeasuredTrial extends EvaluatedTrial {
  readonly losses: readonly LayerLossRecord[];
  /** Mean over the loss samples of the outputs' divergence from FP32's. */
  readonly divergence: number;
}

/** Measures layer losses and the divergence of the outputs over the loss samples, simulated. */
export async function measureLosses(trial: EvaluatedTrial): Promise<MeasuredTrial> {
  const { model, batching, dataset, settings, context, prepared, quantized, total, lossSamples } = trial;
  const graph = lossGraph(model, quantized, prepared, settings.loss.modes);
  const losses = new LossAccumulator(graph.layers);
  const batchSize = evaluationSamplesPerRun(settings.evaluation.batchSize, batching, context);
  const { mostLossSamples } = providers[context.session.provider];
  const fitting = mostLossSamples === null ? batchSize : Math.min(batchSize, freelyChosen(mostLossSamples, batching));
  const range = { first: 0, count: lossSamples, batchSize: batchWithin(fitting, context) };
  const divergence = new PreciseSums(1);
  await withSession(graph.model, model.io, context, (session) =>
    context.clock.measure('loss', () =>
      runBatches(session, batching, dataset, range, (outputs, run) => {
        const { first, samples: count, rows } = run;
        losses.add(outputs, { samples: count, fed: rows });
        const expected = sampleOutputs(batching, outputs, run);
        const actual = sampleOutputs(batching, outputs, run, graph.quantizedName);
        divergence.addRows(outputDivergences(settings.task, expected, actual, count, first));
        context.report(total - lossSamples + first + count, total);
      }),
    ),
  );
  return { ...trial, losses: losses.finish(), divergence: Math.max(0, divergence.value(0) / lossSamples) };
}
