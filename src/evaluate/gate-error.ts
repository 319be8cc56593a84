import type { TrialSettings } from '../plan/plan.js';

/** Smoothing changed the float model: the trial's numbers would mean nothing, so it fails. */
export class GateError extends Error {
  override readonly name = 'GateError';

  constructor(maxRelativeError: number, tolerance: number, { smoothing }: TrialSettings) {
    super(
      `Expected the smoothed float model to reproduce FP32 within ${tolerance} of the output's absmax, got ${maxRelativeError} ` +
        `(smoothing ${smoothing.mode}${smoothing.alpha === null ? '' : `, alpha ${smoothing.alpha}`}). ` +
        'Raise gate.tolerance only if the model is known to be this sensitive to float rounding.',
    );
  }
}
