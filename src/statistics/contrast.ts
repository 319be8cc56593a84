import { BitCounts } from './bit-counts.js';
import { percentileInterval95 } from './bootstrap.js';
import { normalTail } from './normal-tail.js';
import { meanGain, type PairedEffect } from './paired-effect.js';

/** What each trial of a group achieved on the same samples, or on the same resamples of them. */
export type GroupOutcomes =
  | {
      readonly kind: 'bitset';
      readonly count: number;
      /** bitWords, by trial. */ readonly data: readonly Uint32Array[];
    }
  | { readonly kind: 'bootstrap'; readonly count: number; readonly data: readonly Float64Array[] };

/** A mean of differences between trials. */
export interface Contrast {
  /** Trials by number; each adds to the sum as often as it is named. */
  readonly plus: readonly number[];
  readonly minus: readonly number[];
  /** What the sum is divided by: how many differences it is of. */
  readonly terms: number;
  /** Trials on each side of one difference: 1, or 2 for a difference of differences. */
  readonly reach: 1 | 2;
}

/**
 * The mean of the differences, with its 95 % interval over the evaluation samples as
 * {@link pairedEffect} has it for one group: whatever trials the differences share, the contrast is
 * the mean over samples of what each sample gains by it. Null without outcomes.
 */
export function contrastInterval(
  { plus, minus, terms, reach }: Contrast,
  outcomes: GroupOutcomes | null,
  values: Float64Array,
): PairedEffect | null {
  if (outcomes === null) return null;
  if (outcomes.kind === 'bitset') {
    const [gained, lost] = [plus, minus].map((trials) => {
      const counts = new BitCounts(outcomes.count);
      for (const trial of trials) counts.add(outcomes.data[trial]!);
      return counts.counts();
    }) as [Int32Array, Int32Array];
    return meanGain(
      gained.map((count, sample) => count - lost[sample]!),
      terms,
      reach,
    );
  }
  const sums = new Float64Array(outcomes.count);
  for (const [trials, sign] of [[plus, 1] as const, [minus, -1] as const]) {
    for (const trial of trials) {
      const replicates = outcomes.data[trial]!;
      for (let index = 0; index < sums.length; index += 1) sums[index]! += (sign * replicates[index]!) / terms;
    }
  }
  const [ciLow, ciHigh] = percentileInterval95(sums);
  return { effect: contrastOf(values, { plus, minus, terms }), ciLow, ciHigh };
}

/** The contrast of plain values. */
export function contrastOf(values: Float64Array, { plus, minus, terms }: Omit<Contrast, 'reach'>): number {
  const sum = (trials: readonly number[]): number => trials.reduce((total, trial) => total + values[trial]!, 0);
  return (sum(plus) - sum(minus)) / terms;
}

/**
 * An interval widened for one choice among `choices` contrasts (Bonferroni): at 1 - 0.05 / choices,
 * taken from that at 95 % as if the estimate were normal.
 */
export function widenedInterval({ effect, ciLow, ciHigh }: PairedEffect, choices: number): [low: number, high: number] {
  const factor = choices <= 1 ? 1 : normalQuantile(0.025 / choices) / normalQuantile95;
  return [effect - (effect - ciLow) * factor, effect + (ciHigh - effect) * factor];
}

const normalQuantile95 = 1.959963984540054;

/** z with P(Z > z) = tail, for a tail below that beyond z = 2. */
function normalQuantile(tail: number): number {
  let [low, high] = [2, 40];
  for (let step = 0; step < 60; step += 1) {
    const middle = (low + high) / 2;
    if (normalTail(middle) > tail) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
