import { UserError } from '../errors/quantsweep-error.js';
/**
 * A model's output and the task that judges it don't fit together: shape, label, number of classes,
 * missing samples.
 */
export class MetricError extends UserError {
  static override readonly errorClass = 'MetricError';
}
