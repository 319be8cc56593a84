/**
 * Costs (or whatever a measure returns) by name of what was measured, in the order of the rounds.
 */
export type Measured<T> = ReadonlyMap<string, readonly T[]>;

/**
 * Measures one of each, then the next round: what else the machine does meanwhile then falls on all
 * alike, so that ratios within a round are steadier than the times themselves.
 *
 * @param measures what is compared, by name
 * @param warmUps rounds before the first that counts: caches fill and code is compiled in them
 */
export async function interleavedRounds<T>(
  measures: ReadonlyMap<string, () => Promise<T>>,
  rounds: number,
  warmUps = 1,
): Promise<Measured<T>> {
  const measured = new Map([...measures.keys()].map((name) => [name, [] as T[]]));
  for (let round = -warmUps; round < rounds; round++) {
    for (const [name, measure] of measures) {
      const result = await measure();
      if (round >= 0) measured.get(name)!.push(result);
    }
  }
  return measured;
}

/** Does a piece of work and returns its milliseconds on the clock. */
export async function clocked(work: () => unknown): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
