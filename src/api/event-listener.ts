/**
 * The caller's listener, kept apart from the work: what it throws, or rejects with, is no failure
 * of a trial. The sweep is stopped, and the error handed over when it has ended.
 */
export class EventListener<Event> {
  readonly #listener: ((event: Event) => unknown) | undefined;
  readonly #stopping = new AbortController();
  #error: { readonly thrown: unknown } | null = null;

  constructor(listener: ((event: Event) => unknown) | undefined) {
    this.#listener = listener;
  }

  /** Aborted once the listener has thrown. */
  get signal(): AbortSignal {
    return this.#stopping.signal;
  }

  /** Tells the listener; never throws. After an error it is told nothing more. */
  readonly tell = (event: Event): void => {
    if (this.#error !== null) return;
    try {
      const returned = this.#listener?.(event);
      if (returned instanceof Promise) returned.catch(this.#fail);
    } catch (thrown) {
      this.#fail(thrown);
    }
  };

  /** Throws what the listener threw. */
  rethrow(): void {
    if (this.#error !== null) throw this.#error.thrown;
  }

  readonly #fail = (thrown: unknown): void => {
    this.#error ??= { thrown };
    this.#stopping.abort();
  };
}
