import { UserError } from './quantsweep-error.js';

/**
 * The command line was used wrongly (exit code 2); the message says what was expected and what
 * came.
 */
export class UsageError extends UserError {
  static override readonly errorClass = 'UsageError';
}
