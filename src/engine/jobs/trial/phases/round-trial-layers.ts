import { roundingOf, roundsOnQuantizedInputs } from '../../../../experiment/sections/quantization.js';
import { NonFiniteError } from '../../../../records/non-finite-error.js';
import { openBatching } from '../../../batching/batching.js';
import { openJobDataset } from '../../open-job-dataset.js';
import { roundingPasses, roundLayers } from '../round-layers.js';
import type { GatedTrial } from './pass-gate.js';

/** With weights rounded by the inputs that its layers really get, where the settings ask for it. */
export type RoundedTrial = GatedTrial;

/** Rounds weights and corrects biases over calibration samples, see {@link roundLayers}. */
export async function roundTrialLayers(trial: GatedTrial): Promise<RoundedTrial> {
  const { model, prepared, preparation, context, settings, total } = trial;
  const { calibration, preprocess, quantization, evaluation } = settings;
  if (!roundsOnQuantizedInputs(quantization) || calibration === null) return trial;
  const { samples } = roundingOf(quantization);
  const calibrating = await openJobDataset(calibration.source, preprocess, context, calibration.sampleSeed);
  const batching = await openBatching(model, calibrating, [calibration.source, preprocess], context);
  const passes = roundingPasses(prepared) * samples;
  const reporting = {
    ...context,
    report: (done: number): void => {
      context.report(done, passes + total);
    },
  };
  const data = { dataset: calibrating, batching, samples };
  const rounded = await context.clock
    .measure('rounding', () => roundLayers(model, prepared, preparation, data, reporting))
    .catch((error: unknown) => {
      if (!(error instanceof NonFiniteError)) throw error;
      // Numbers whose squares float32 does not hold; what is no number stays none.
      return context.clock.measure('rounding', () =>
        roundLayers(model, prepared, preparation, data, reporting, { sums: 'huge' }),
      );
    });
  // Opened anew: the calibration samples took its place.
  const dataset = await openJobDataset(evaluation.source, preprocess, context);
  const behind = {
    ...context,
    report: (done: number, all: number): void => {
      context.report(passes + done, passes + all);
    },
  };
  return { ...trial, dataset, context: behind, prepared: rounded };
}
