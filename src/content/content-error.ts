import { QuantsweepError } from '../errors/quantsweep-error.js';
import { printable } from '../text/printable.js';

/**
 * This machine can't give a sweep a model, data or code of its own: missing, other bytes, not
 * allowed, no room. No fault of the work, which another machine may do.
 */
export class ContentError extends QuantsweepError {
  static override readonly errorClass = 'ContentError';
  static override readonly retry = 'next-run';
  /** What is wrong, an item each; the message has them all. */
  readonly problems: readonly string[];

  constructor(problems: readonly string[], options?: ErrorOptions) {
    const shown = problems.slice(0, MOST_SHOWN).map((problem) => printable(problem));
    const more = problems.length - shown.length;
    super([...shown, ...(more === 0 ? [] : [`${more} more like these.`])].join('\n'), options);
    this.problems = problems;
  }
}

const MOST_SHOWN = 5;
