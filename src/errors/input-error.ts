import { printable } from '../text/printable.js';

/** The experiment's settings do not fit its model or data; the message says which and what to do. */
export class InputError extends Error {
  override readonly name = 'InputError';

  constructor(message: string, options?: ErrorOptions) {
    super(printable(message), options);
  }
}
