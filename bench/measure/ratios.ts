import type { Measured } from './interleaved-rounds.js';
import { median, spreadOf } from './spread.js';

/** What one thing costs over another, as it is printed and stored. */
export interface RatioRow {
  readonly name: string;
  /** Median of the ratios within each round. */
  readonly ratio: number;
  readonly lowest: number;
  readonly highest: number;
  /** Median on the clock. */
  readonly ms: number;
}

/**
 * Every measured thing over `base`, round by round.
 *
 * @param costs milliseconds
 * @throws RangeError where nothing of that name was measured
 */
export function ratiosOver(base: string, costs: Measured<number>): readonly RatioRow[] {
  const below = costs.get(base);
  if (below === undefined) throw new RangeError(`Expected costs of "${base}", got ${[...costs.keys()].join(', ')}.`);
  return [...costs].map(([name, values]) => {
    const { median: ratio, lowest, highest } = spreadOf(values.map((value, round) => value / below[round]!));
    return { name, ratio, lowest, highest, ms: median(values) };
  });
}

const NAME_WIDTH = 44;

/** Prints rows as `name  1.23 x base   (1.20 .. 1.30)   456 ms`. */
export function printRatios(rows: readonly RatioRow[], base: string): void {
  for (const { name, ratio, lowest, highest, ms } of rows) {
    const spread = `(${lowest.toFixed(2)} .. ${highest.toFixed(2)})`;
    console.log(
      `  ${name.padEnd(NAME_WIDTH)} ${ratio.toFixed(2).padStart(6)} x ${base}   ${spread.padEnd(16)}   ${inWords(ms)}`,
    );
  }
}

/** Milliseconds as people read them. */
export function inWords(ms: number): string {
  if (ms < 10_000) return `${ms.toFixed(0)} ms`;
  return `${(ms / 1000).toFixed(1)} s`;
}
