/**
 * How much a benchmark does: `quick` only shows that it works, `part` is its share of a run of all
 * benchmarks, `full` is what it is run at by itself, for figures that are told to others.
 */
export type Size = 'quick' | 'part' | 'full';

/** Environment variable that sets the size, whichever benchmarks are run. */
export const SIZE_VARIABLE = 'QUANTSWEEP_BENCH_SIZE';

/**
 * The size that is asked for; `full` where nothing is. @throws RangeError for a size that is none
 */
export function benchSize(): Size {
  const size = process.env[SIZE_VARIABLE] ?? 'full';
  if (size === 'quick' || size === 'part' || size === 'full') return size;
  throw new RangeError(`Expected ${SIZE_VARIABLE} to be quick, part or full, got "${size}".`);
}

/** What a benchmark takes at the size that is asked for. */
export function bySize<T>(choices: Readonly<Record<Size, T>>): T {
  return choices[benchSize()];
}
