import { QuantsweepError } from '../errors/quantsweep-error.js';
import type { KeepTry } from './smallest-kept.js';

/** No number of layers in float brings the loss down to what `layers.keepFloatLoss` allows. */
export class NothingKeptError extends QuantsweepError {
  static override readonly errorClass = 'NothingKeptError';

  constructor({ layers, loss }: KeepTry, allowed: number, metric: string) {
    const got = `with all but one in float (${layers.length}) it is ${Number(loss.toPrecision(4))}`;
    super(
      `Expected a number of layers in float with a loss of ${metric} of at most ${allowed} against FP32, got none: ${got}. ` +
        'Raise layers.keepFloatLoss, or give the quantizers more bits.',
    );
  }
}
