import { QuantsweepError } from '../errors/quantsweep-error.js';

/** The multiply-accumulates of a layer are not known. */
export class UnknownMacsError extends QuantsweepError {
  static override readonly errorClass = 'UnknownMacsError';

  constructor(layer: string) {
    super(
      `Expected the number of multiply-accumulates of layer "${layer}" for goal.minimize bitOperations, got none: ` +
        'they are counted where a sample is run on the CPU of this machine. Use minimize: size.',
    );
  }
}
