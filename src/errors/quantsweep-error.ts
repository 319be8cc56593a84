import { ExitCode } from './exit-code.js';

/** When work that failed with an error is tried again without anybody asking for it. */
export type Retry =
  /** Never: under the same conditions the same work fails the same way. */
  | 'never'
  /**
   * By the next run: what ran the work was at fault, and another attempt now would meet the same.
   */
  | 'next-run'
  /** At once, as often as `run.retries` says, and by the next run. */
  | 'at-once';

/**
 * An error that people see: its message says what happened or what to change, so no stack is
 * printed. What it means is told by its class, never by its message:
 *
 * - `errorClass`: its name. Failures are stored by it, so a name is never changed and never given
 *   to another class.
 * - `exitCode`: what a command ends with that such an error reaches.
 * - `retry`: see {@link Retry}.
 * - `smallerBatches`: memory may have been short, so the next attempt feeds fewer samples at once.
 * - `endsSweep`: any other work would meet the same, so the sweep ends with it and no trial counts
 *   as failed.
 */
export abstract class QuantsweepError extends Error {
  static readonly errorClass: string = 'QuantsweepError';
  static readonly retry: Retry = 'never';
  static readonly smallerBatches: boolean = false;
  static readonly endsSweep: boolean = false;
  override readonly name: string;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.errorClass;
  }

  get exitCode(): typeof ExitCode.failure | typeof ExitCode.usage {
    return ExitCode.failure;
  }
}

/**
 * The message says what the person should change: in the experiment, its model or data, or on the
 * command line.
 */
export abstract class UserError extends QuantsweepError {
  override get exitCode(): typeof ExitCode.usage {
    return ExitCode.usage;
  }
}

/** What a class says of its errors, for failures of which only the name is left. */
export type ErrorClass = Pick<typeof QuantsweepError, 'errorClass' | 'retry'>;
