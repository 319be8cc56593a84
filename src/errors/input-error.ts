import { printable } from '../text/printable.js';
import { UserError } from './quantsweep-error.js';

/**
 * The experiment's settings do not fit its model or data; the message says which and what to do.
 */
export class InputError extends UserError {
  static override readonly errorClass = 'InputError';

  constructor(message: string, options?: ErrorOptions) {
    super(printable(message), options);
  }
}
