/** Comparisons are rebuilt in at most this share of the time. */
const SHARE = 0.05;

/**
 * Keeps the comparisons of a running sweep up with its finished trials, so that pages have verdicts
 * as soon as they have values. Rebuilding takes longer the more trials there are: after each, as
 * much time passes as keeps the share small.
 */
export class FreshComparisons {
  readonly #refresh: () => void;
  readonly #now: () => number;
  #next = -Infinity;

  constructor(refresh: () => void, now: () => number = () => performance.now()) {
    this.#refresh = refresh;
    this.#now = now;
  }

  /** To be called when a trial has finished. */
  trialFinished(): void {
    if (this.#now() >= this.#next) this.all();
  }

  /** Rebuilds them, however long that takes. */
  all(): void {
    const start = this.#now();
    this.#refresh();
    const end = this.#now();
    this.#next = end + (end - start) * (1 / SHARE - 1);
  }
}
