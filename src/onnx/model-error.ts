import { UserError } from '../errors/quantsweep-error.js';
import { printable } from '../text/printable.js';

/**
 * The model is broken or uses something that is not supported; the message names the node or tensor
 * and what to do.
 */
export class ModelError extends UserError {
  static override readonly errorClass = 'ModelError';

  constructor(message: string, options?: ErrorOptions) {
    super(printable(message), options);
  }
}
