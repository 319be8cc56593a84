/** Operations of the file system that run at once: most wait for the disk or the network. */
const AT_ONCE = 8;

/**
 * Does `work` for every item, eight at a time. The first error ends it: no further item is begun,
 * those under way are told by the signal and waited for, and the error is thrown.
 */
export async function forEachAtOnce<T>(
  items: Iterable<T>,
  work: (item: T, signal: AbortSignal) => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  const left = items[Symbol.iterator]();
  const stop = new AbortController();
  const ended = signal === undefined ? stop.signal : AbortSignal.any([stop.signal, signal]);
  async function workOn(): Promise<void> {
    for (let next = left.next(); next.done !== true; next = left.next()) {
      ended.throwIfAborted();
      await work(next.value, ended);
    }
  }
  const workers = Array.from({ length: AT_ONCE }, () =>
    workOn().catch((cause: unknown) => {
      stop.abort(cause);
    }),
  );
  await Promise.all(workers);
  stop.signal.throwIfAborted();
}
