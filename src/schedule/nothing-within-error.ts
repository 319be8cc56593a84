import { QuantsweepError } from '../errors/quantsweep-error.js';

/** No bits of the goal's list keep the drop within what it allows. */
export class NothingWithinError extends QuantsweepError {
  static override readonly errorClass = 'NothingWithinError';

  /** @param least of the drops that were measured; null: every evaluation was stopped */
  constructor(least: number | null, allowed: number, metric: string, evaluations: number) {
    const found =
      least === null
        ? 'each was stopped, since it loses more'
        : `the least drop that was measured is ${Number(least.toPrecision(4))}`;
    super(
      `Expected bits of layers with a drop of ${metric} of at most ${Number(allowed.toPrecision(6))} below FP32, got none in ${evaluations} evaluations: ` +
        `${found}. Raise goal.maxDrop, add more bits or float to goal.bits, or give the activations more bits.`,
    );
  }
}
