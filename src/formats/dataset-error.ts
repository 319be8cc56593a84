import { UserError } from '../errors/quantsweep-error.js';
import { printable } from '../text/printable.js';

/** What a {@link DatasetError} says. */
export interface DatasetErrorDetails {
  readonly expected: string;
  readonly got: string;
  /** File, and record or byte offset or JSON path within it where known. */
  readonly where: string;
  /** What to do about it; a whole sentence. */
  readonly advice?: string;
}

/**
 * Data that can't be used as it is: a missing or damaged file, a wrong format, a value out of
 * range. Never worth a retry.
 */
export class DatasetError extends UserError {
  static override readonly errorClass = 'DatasetError';
  /** File, and record or byte offset or JSON path within it where known. */
  readonly where: string;

  constructor(details: DatasetErrorDetails, options?: ErrorOptions) {
    const advice = details.advice === undefined ? '' : ` ${details.advice}`;
    // Every part is cut by itself, so that a long name leaves room for the others.
    const [expected, got, where] = [details.expected, details.got, details.where].map((part) => printable(part, 450));
    super(printable(`Expected ${expected!}, got ${got!} (${where!}).${advice}`.replaceAll('\n', '\\n')), options);
    this.where = details.where;
  }
}
