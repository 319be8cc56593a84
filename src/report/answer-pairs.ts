import { differenceText, magnitudeText } from './number-text.js';
import type { Sentence } from './sentence.js';
import { sentence, strong } from './sentence.js';
import type { SweepFacts, TrialFacts } from './sweep-facts.js';
import { absmaxAxis, axisValue, calibrationSizeAxis } from './variants.js';

/** Differences of the primary metric between trials that are equal but for one setting. */
export interface PairedDifferences {
  /** Ascending. */
  readonly differences: readonly number[];
  /** Half the width of a trial's 95 % interval, mean over the paired trials; null where intervals are missing. */
  readonly halfWidth: number | null;
}

/** Pairs finished candidates that differ in one axis only and returns `value of second - value of first`. */
export function pairTrials(
  trials: readonly TrialFacts[],
  path: string,
  first: (trial: TrialFacts) => boolean,
  second: (trial: TrialFacts) => boolean,
): PairedDifferences {
  const paths = [...new Set(trials.flatMap((trial) => Object.keys(trial.axes)))].filter((axis) => axis !== path).sort();
  const keyOf = (trial: TrialFacts): string =>
    JSON.stringify([trial.alphaMode, trial.alpha, ...paths.map((axis) => axisValue(trial, axis))]);
  const finished = trials.filter(
    (trial) => trial.role === 'candidate' && trial.status === 'done' && trial.value !== null,
  );
  const seconds = new Map(finished.filter(second).map((trial) => [keyOf(trial), trial]));
  const pairs = finished.filter(first).flatMap((one) => {
    const other = seconds.get(keyOf(one));
    return other === undefined ? [] : [[one, other] as const];
  });
  const widths = pairs.flat().flatMap((t) => (t.ciLow === null || t.ciHigh === null ? [] : [(t.ciHigh - t.ciLow) / 2]));
  return {
    differences: pairs.map(([one, other]) => (other.value ?? 0) - (one.value ?? 0)).sort((a, b) => a - b),
    halfWidth: widths.length === 0 ? null : widths.reduce((sum, width) => sum + width, 0) / widths.length,
  };
}

/** Does more calibration pay? The smallest against the largest size, at the same alpha. Null with one size. */
export function calibrationSentence(facts: SweepFacts): Sentence | null {
  const small = facts.sizes[0];
  const large = facts.sizes.at(-1);
  if (small === undefined || large === undefined || small === large) return null;
  const paired = pairTrials(
    facts.trials,
    calibrationSizeAxis,
    (trial) => trial.calibrationBatches === small,
    (trial) => trial.calibrationBatches === large,
  );
  if (paired.differences.length === 0) return null;
  return sentence(`${large} calibration batches instead of ${small}: `, ...changePhrases(paired, facts));
}

/** Does the wrong axis cost anything? `absmax: view` against `channel`, all else equal. Null unless the sweep has both. */
export function methodSentence(facts: SweepFacts): Sentence | null {
  const paired = pairTrials(
    facts.trials,
    absmaxAxis,
    (trial) => trial.absmax === 'channel',
    (trial) => trial.absmax === 'view',
  );
  if (paired.differences.length === 0) return null;
  return sentence('absmax view (mixed channels) instead of channel: ', ...changePhrases(paired, facts));
}

function changePhrases({ differences, halfWidth }: PairedDifferences, { metric }: SweepFacts): Sentence {
  const low = differences[0] ?? 0;
  const high = differences.at(-1) ?? 0;
  const middle = medianOf(differences);
  const count = differences.length;
  const range =
    count === 1
      ? differenceText(low, metric)
      : `${differenceText(low, metric).replace('\u00a0points', '')} to ${differenceText(high, metric)}`;
  const where =
    count === 1 ? ' in the one pair of otherwise equal settings' : ` over ${count} pairs of otherwise equal settings`;
  const median = count === 1 ? '' : `, median ${differenceText(middle, metric)}`;
  if (halfWidth === null) return sentence(strong(range), `${where}${median}.`);
  const largest = Math.max(Math.abs(low), Math.abs(high));
  const width = `±${magnitudeText(halfWidth, metric)}`;
  const verdict =
    largest <= halfWidth
      ? `; ${count === 1 ? '' : 'each '}within one trial's own 95 % interval (${width})`
      : `; ${differences.filter((d) => Math.abs(d) > halfWidth).length} of them beyond one trial's own 95 % interval (${width})`;
  return sentence(strong(range), `${where}${median}${verdict}.`);
}

/** The middle value of an ascending list, or the mean of the middle two; 0 for an empty list. */
export function medianOf(ascending: readonly number[]): number {
  const half = ascending.length / 2;
  const upper = ascending[Math.floor(half)] ?? 0;
  return Number.isInteger(half) ? ((ascending[half - 1] ?? upper) + upper) / 2 : upper;
}
