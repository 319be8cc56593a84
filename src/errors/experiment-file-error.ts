import { UserError } from './quantsweep-error.js';

/** The experiment file itself can't be read. */
export class ExperimentFileError extends UserError {
  static override readonly errorClass = 'ExperimentFileError';
}
