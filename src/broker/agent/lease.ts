import type { Job } from 'bullmq';

/** Signs of life within a lease. */
const RENEWALS = 4;

/**
 * An agent's hold on a job: renewed while the job runs, and lost where the broker gave the job away
 * or has no memory of it.
 */
export class Lease {
  readonly #lost = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #isAsking = false;

  /** @param ms for which the job is held without a sign of life */
  constructor(job: Job, token: string, ms: number) {
    this.#timer = setInterval(() => {
      // While the broker is away, one question is enough.
      if (this.#isAsking) return;
      this.#isAsking = true;
      job
        .extendLock(token, ms)
        .then((answer) => {
          if (answer !== 1) this.#lost.abort();
        })
        .catch((cause: unknown) => {
          // A broker that is full refuses, and may have room a moment later.
          if (cause instanceof Error && /lock|missing/i.test(cause.message)) this.#lost.abort();
        })
        .finally(() => (this.#isAsking = false));
    }, ms / RENEWALS);
  }

  /** Aborted when the job is no longer this agent's. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  end(): void {
    clearInterval(this.#timer);
  }
}
