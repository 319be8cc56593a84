/**
 * Does work again and again, never twice at once: while it takes longer than the interval, turns
 * are left out.
 *
 * @param onError told of what one turn failed with; the next one is tried all the same
 * @returns to be given to `clearInterval`
 */
export function every(
  ms: number,
  work: () => Promise<void>,
  onError: (cause: unknown) => void = () => undefined,
): NodeJS.Timeout {
  let isBusy = false;
  return setInterval(() => {
    if (isBusy) return;
    isBusy = true;
    work()
      .catch(onError)
      .finally(() => (isBusy = false));
  }, ms);
}
