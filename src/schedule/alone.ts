/**
 * Runs work side by side, and some of it alone: that waits until what runs has ended, and what
 * comes behind it waits until it has.
 */
export class Alone {
  readonly #running = new Set<Promise<unknown>>();
  #alone: Promise<unknown> | null = null;

  /** @param alone whether nothing else may run meanwhile */
  async run<Result>(work: () => Promise<Result>, alone: boolean): Promise<Result> {
    while (this.#alone !== null) await this.#alone;
    const others = [...this.#running];
    const own = alone ? Promise.all(others).then(work) : work();
    const ended = own.then(
      () => undefined,
      () => undefined,
    );
    this.#running.add(ended);
    if (alone) this.#alone = ended;
    try {
      return await own;
    } finally {
      this.#running.delete(ended);
      if (this.#alone === ended) this.#alone = null;
    }
  }
}
