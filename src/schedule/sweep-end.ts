import { InputChangedError } from '../engine/jobs/unchanged-inputs.js';
import { QuantsweepError } from '../errors/quantsweep-error.js';
import { SurroundingsError } from '../errors/surroundings-error.js';
import { InputError } from '../errors/input-error.js';
import { attemptFailure } from './work-queue.js';

/** The machine failed the sweep, in a child's words. */
export class SweepEnded extends QuantsweepError {
  static override readonly errorClass = 'SweepEnded';
}

/**
 * What ends the whole sweep, since no trial of it would fare better: its model or data is not what
 * it was planned with, or the machine can't do what any work needs. No trial counts as failed for
 * it. Null for a failure of the one trial or stage.
 */
export function endOfSweep(cause: unknown): InputError | SurroundingsError | SweepEnded | null {
  if (cause instanceof InputError || cause instanceof SurroundingsError || cause instanceof SweepEnded) return cause;
  const { errorClass, message, endsSweep } = attemptFailure(cause);
  if (errorClass === InputChangedError.errorClass) return new InputError(message);
  return endsSweep === true ? new SweepEnded(message, { cause }) : null;
}
