import { BitCounts, bitWords } from './bit-counts.js';
import { percentileInterval95 } from './bootstrap.js';

/** What the two trials of a pair achieved on the same samples, or on the same resamples of them. */
export type PairedOutcomes =
  | { readonly kind: 'bitset'; readonly count: number; readonly one: Uint8Array; readonly other: Uint8Array }
  | {
      readonly kind: 'bootstrap';
      readonly one: Float64Array;
      readonly other: Float64Array;
      /** Of the values on all samples, other - one. */
      readonly difference: number;
    };

/** The mean difference of many pairs. */
export interface PairedEffect {
  /** Mean over the pairs of other - one. */
  readonly effect: number;
  /** 95 % interval. */
  readonly ciLow: number;
  readonly ciHigh: number;
}

const Z_95 = 1.959964;

/**
 * The mean over pairs of trials of what changes from the one to the other, with its 95 % interval.
 * Pairs of one group share their samples, so they are not independent: an easy sample is right in
 * all of them. The mean of the pairs' differences is the mean over *samples* of what each gains,
 * averaged over the pairs; samples are independent, so the interval is one of a mean over samples,
 * however the pairs hang together.
 *
 * - right or wrong: with y_i in [-1, 1] the mean gain of sample i over the pairs, the interval is
 *   `m +- 1.96 sqrt((S / (n + 2) - m^2) / (n + 2))`, `m = sum y_i / (n + 2)`, `S = sum y_i^2 + 1`:
 *   Wald's with half a sample added to each of the four outcomes of a pair, as Agresti and Min
 *   (2005, Stat. Med. 24) have it for one pair. Without that, two trials that agree on all samples
 *   would have an interval of no width.
 * - replicates: those of all pairs come from the same resamples, so their means over the pairs are
 *   replicates of the mean: the percentile interval.
 *
 * Several groups (models, evaluations) may share samples or not. Their interval is the weighted sum
 * of the groups' ends, weights being their numbers of pairs: right for groups that move together,
 * wide for those that do not.
 *
 * @param groups pairs over the same samples; within a group of one kind, count and number of
 *   replicates
 * @throws RangeError without pairs, or where lengths differ
 */
export function pairedEffect(groups: readonly (readonly PairedOutcomes[])[]): PairedEffect {
  const all = groups.reduce((sum, group) => sum + group.length, 0);
  if (all === 0) throw new RangeError('Expected a pair or more, got none');
  const parts = groups
    .filter((group) => group.length > 0)
    .map((group) => [group.length / all, effectOf(group)] as const);
  const sum = (read: (effect: PairedEffect) => number): number =>
    parts.reduce((total, [weight, effect]) => total + weight * read(effect), 0);
  return {
    effect: sum(({ effect }) => effect),
    ciLow: sum(({ ciLow }) => ciLow),
    ciHigh: sum(({ ciHigh }) => ciHigh),
  };
}

function effectOf(pairs: readonly PairedOutcomes[]): PairedEffect {
  const first = pairs[0]!;
  return first.kind === 'bitset' ? ofShares(pairs, first.count) : ofReplicates(pairs, first.one.length);
}

function ofShares(pairs: readonly PairedOutcomes[], samples: number): PairedEffect {
  const [ones, others] = [new BitCounts(samples), new BitCounts(samples)];
  for (const pair of pairs) {
    if (pair.kind !== 'bitset' || pair.count !== samples) throw mixed();
    ones.add(bitWords(pair.one));
    others.add(bitWords(pair.other));
  }
  const [before, after] = [ones.counts(), others.counts()];
  return meanGain(
    after.map((count, sample) => count - before[sample]!),
    pairs.length,
  );
}

/**
 * The mean over samples of what each gained, with the interval of {@link pairedEffect} for right or
 * wrong.
 *
 * @param gained `[samples]`, summed over `terms` differences
 * @param reach largest magnitude of one difference: 1 between two trials, 2 between two such
 *   differences. The half samples that the interval adds gain as much.
 */
export function meanGain(gained: Int32Array, terms: number, reach = 1): PairedEffect {
  let sum = 0;
  let squares = reach ** 2;
  for (const gain of gained) {
    sum += gain / terms;
    squares += (gain / terms) ** 2;
  }
  const weight = gained.length + 2;
  const middle = sum / weight;
  const half = Z_95 * Math.sqrt(Math.max(0, squares / weight - middle ** 2) / weight);
  return { effect: sum / gained.length, ciLow: middle - half, ciHigh: middle + half };
}

function ofReplicates(pairs: readonly PairedOutcomes[], replicates: number): PairedEffect {
  const means = new Float64Array(replicates);
  let effect = 0;
  for (const pair of pairs) {
    if (pair.kind !== 'bootstrap' || pair.one.length !== replicates || pair.other.length !== replicates) throw mixed();
    effect += pair.difference / pairs.length;
    for (let index = 0; index < replicates; index += 1) {
      means[index]! += (pair.other[index]! - pair.one[index]!) / pairs.length;
    }
  }
  const [ciLow, ciHigh] = percentileInterval95(means);
  return { effect, ciLow, ciHigh };
}

function mixed(): RangeError {
  return new RangeError('Expected pairs of one kind, over as many samples or replicates, got several');
}
