import { QuantsweepError } from '../errors/quantsweep-error.js';
/**
 * NaN or an infinity where a number must be. Fails a trial for good: NaN is never stored as a
 * number.
 */
export class NonFiniteError extends QuantsweepError {
  static override readonly errorClass = 'NonFiniteError';
  /** What holds it, e.g. `output, sample 12, class 3`, or a layer's name. */
  readonly where: string;

  /** `value` is left out where only a sum shows that there is one. */
  constructor(where: string, value?: number) {
    super(`Expected finite numbers only, got ${value ?? 'NaN or an infinity'} (${where})`);
    this.where = where;
  }
}
