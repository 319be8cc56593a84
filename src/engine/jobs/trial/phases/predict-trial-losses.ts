import { predictLosses } from '../../../../losses/predicted/predict-losses.js';
import type { PredictedLossRecord } from '../../../../records/predicted-loss-record.js';
import type { MeasuredTrial } from './measure-losses.js';

/** With what second moments predict of its layers' losses; empty where the trial has none. */
export interface PredictedTrial extends MeasuredTrial {
  readonly predicted: readonly PredictedLossRecord[];
}

/** Predicts the loss of each layer alone as it came to be quantized, its bias corrected. */
export async function predictTrialLosses(trial: MeasuredTrial): Promise<PredictedTrial> {
  const { job, model, prepared, statistics, context } = trial;
  const { moments } = job;
  if (moments === null) return { ...trial, predicted: [] };
  const predicted = await context.clock.measure('predict', () =>
    predictLosses(model.folded, prepared.layers, moments, statistics),
  );
  return { ...trial, predicted };
}
