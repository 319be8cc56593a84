/**
 * What one part of the program keeps from job to job, by what makes it when it is first asked for.
 */
export interface Cache<Kept> {
  readonly start: () => Kept;
}

/**
 * Everything that a process keeps from job to job: the last model and data, what was found out
 * about graphs and the machine. One object for each process that runs jobs, which goes with it.
 * Kept is only what changes no number: a job in a fresh process, or with a fresh object, gives the
 * same result and takes longer.
 */
export class JobCaches {
  readonly #kept = new Map<Cache<unknown>, unknown>();

  of<Kept extends object>(cache: Cache<Kept>): Kept {
    const known = this.#kept.get(cache) as Kept | undefined;
    if (known !== undefined) return known;
    const started = cache.start();
    this.#kept.set(cache, started);
    return started;
  }
}

/** The value of the last key: most jobs of a process ask for the same as the one before. */
export class LastOne<Value> {
  #last: { readonly key: string; readonly value: Value } | null = null;

  /** The value of this key; undefined where another one came last. */
  get(key: string): Value | undefined {
    return this.#last?.key === key ? this.#last.value : undefined;
  }

  set(key: string, value: Value): Value {
    this.#last = { key, value };
    return value;
  }

  /**
   * Lets go of the value, which takes room, before the next one is made; undefined where there is
   * none.
   */
  release(): Value | undefined {
    const value = this.#last?.value;
    this.#last = null;
    return value;
  }
}
