import { QuantsweepError } from '../errors/quantsweep-error.js';
import type { FailureRecord } from '../records/failure-record.js';

/** A trial can't run because a stage that it shares with others failed. */
export class StageFailed extends QuantsweepError {
  static override readonly errorClass = 'StageFailed';

  constructor(stage: string, failure: FailureRecord) {
    super(`Its ${stage} stage failed: ${failure.message}`);
  }
}
