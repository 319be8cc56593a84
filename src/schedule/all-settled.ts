/** Waits for all, also when one fails: no part goes on unwatched after its stage has failed. */
export async function allSettledOrFirstError<T>(promises: readonly Promise<T>[]): Promise<readonly T[]> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}
