import { roundsOnQuantizedInputs } from '../../../../experiment/sections/quantization.js';
import { openBatching } from '../../../batching/batching.js';
import { openJobDataset } from '../../open-job-dataset.js';
import { correctBiases } from '../correct-biases.js';
import type { RoundedTrial } from './round-trial-layers.js';

/** With the biases of its layers corrected, where the settings ask for it. */
export type CorrectedTrial = RoundedTrial;

/** Corrects biases over calibration samples, see {@link correctBiases}. */
export async function correctTrialBiases(trial: RoundedTrial): Promise<CorrectedTrial> {
  const { job, model, prepared, context, settings } = trial;
  const { calibration, preprocess, layers, quantization, evaluation } = settings;
  const { method, samples } = quantization.biasCorrection;
  // Rounding on quantized inputs has corrected them.
  const isDone = roundsOnQuantizedInputs(quantization);
  if (method === 'none' || calibration === null || isDone) return trial;
  const calibrating = await openJobDataset(calibration.source, preprocess, context, calibration.sampleSeed);
  const batching = await openBatching(model, calibrating, [calibration.source, preprocess], context);
  const key = JSON.stringify([
    job.model,
    calibration,
    preprocess,
    layers,
    job.keptFloat,
    [...(job.weightBits ?? [])],
    samples,
  ]);
  const corrected = await context.clock.measure('biasCorrection', () =>
    correctBiases(model, prepared, { dataset: calibrating, batching, samples, key }, context),
  );
  // Opened anew: the calibration samples took its place.
  const dataset = await openJobDataset(evaluation.source, preprocess, context);
  return { ...trial, dataset, prepared: corrected };
}
