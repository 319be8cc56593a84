import { QuantsweepError } from './quantsweep-error.js';

/** A package that only some use, and that is installed on wish, is not there. */
export class MissingPackageError extends QuantsweepError {
  static override readonly errorClass = 'MissingPackageError';
}
