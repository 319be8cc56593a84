import { QuantsweepError } from '../errors/quantsweep-error.js';
/**
 * Code of the user's own (a metric's module or command) failed or broke its contract. Never worth a
 * retry.
 */
export class CustomCodeError extends QuantsweepError {
  static override readonly errorClass = 'CustomCodeError';
  // What the code needs besides itself (programs, packages) is in no key.
  static override readonly retry = 'next-run';
}
