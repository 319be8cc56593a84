import { QuantsweepError, UserError } from '../errors/quantsweep-error.js';

/** The broker can't be used as it is: not reached, not let in, or not set up as it must be. */
export class BrokerError extends QuantsweepError {
  static override readonly errorClass = 'BrokerError';
  static override readonly retry = 'next-run';
  static override readonly endsSweep = true;
}

/** Address or credentials of the broker are not given as they must be. */
export class BrokerUsageError extends UserError {
  static override readonly errorClass = 'BrokerUsageError';
}

/** A message of another sender, or one that was changed: nothing of it is used. */
export class ForgedMessageError extends QuantsweepError {
  static override readonly errorClass = 'ForgedMessageError';
}
