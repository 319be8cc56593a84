import { detectableShare, detectableSpread } from '../../statistics/detectable-difference.js';
import { medianOf } from '../../statistics/median.js';
import type { ComparisonFacts, SweepFacts, TrialFacts } from '../facts/sweep-facts.js';
import { countText, magnitudeText, type MetricText } from '../number-text.js';
import type { Lack } from '../questions/question.js';
import type { Sentence } from './sentence.js';
import { sentence, strong } from './sentence.js';
import { tiesOf, type Ties } from './ties.js';

/** Which settings the best can't be told from, and how far apart they would have had to be. */
export function tieSentence(facts: SweepFacts): Sentence | null {
  return tieParts(facts)?.full ?? null;
}

/** The same for a first screen: how many, and what could not have been told apart. */
export function tieInShort(facts: SweepFacts): Sentence | null {
  return tieParts(facts)?.short ?? null;
}

/**
 * What more samples would show of settings that are all tied with the best; null where some are
 * not, or where no difference can be named.
 */
export function tieLack(facts: SweepFacts): Lack | null {
  const { best } = facts;
  const ties = tiesOf(facts);
  if (best === null || ties === null || ties.compared.length < 2 || ties.tied.length < ties.compared.length)
    return null;
  const smallest = detectable(best, ties);
  if (smallest === null || best.samples === null || best.samples === 0) return null;
  const settings = ties.compared.length + 1;
  return {
    unknown: `which of the ${settings} settings is best, as differences below about ${magnitudeText(smallest, facts.metric)} cannot be detected on ${countText(best.samples, 'sample')}`,
    yaml: `data.evaluation.samples: ${4 * best.samples}`,
    brings: 'about halves what can be detected, if the data has as many',
  };
}

function tieParts(facts: SweepFacts): { readonly full: Sentence; readonly short: Sentence } | null {
  const { best, metric } = facts;
  const ties = tiesOf(facts);
  if (best === null || ties === null || ties.compared.length === 0) return null;
  const { chosenFrom, rivals, compared, tied, testOf } = ties;
  const alphas = distinctAlphas([best, ...tied]);
  const all = distinctAlphas([best, ...compared]).length;
  const extent =
    alphas.length < 2
      ? ''
      : `; with it they cover ${alphas.length} of ${all} static alphas, ${alphas[0]} to ${alphas.at(-1)}`;
  const apart = rivals - compared.length;
  const notCompared =
    apart === 0
      ? ''
      : ` ${countText(apart, 'further setting')} of another model or evaluation cannot be compared with it.`;
  const choice = chosenFrom > 1 ? `, corrected for the choice among ${chosenFrom} settings` : '';
  if (tied.length === 0) {
    const none = sentence(
      strong('No other setting is tied with it'),
      `: all differ significantly${choice}.${notCompared}`,
    );
    return { full: none, short: none };
  }
  const smallest = detectable(best, ties);
  const on = best.samples === null ? '' : ` on ${best.samples.toLocaleString('en-US')} samples`;
  const calm = lowestLoss([best, ...tied]);
  const head = strong(headText(tied.length, compared.length, apart));
  const differences =
    smallest === null ? null : `differences below about ${magnitudeText(smallest, metric)} cannot be detected${on}`;
  return {
    full: sentence(
      head,
      `${extent}. ${
        differences === null
          ? unmeasuredText(
              tied.map(({ trial }) => testOf.get(trial)!),
              metric,
            )
          : `Tied does not mean equal: ${differences}${choice}.`
      }`,
      calm === null || calm === best ? '' : ` Of these ${calm.label} has the lowest mean layer L1.`,
      notCompared,
    ),
    short: sentence(head, `${differences === null ? '' : `: ${differences}`}.`, notCompared),
  };
}

/** How many are tied, of those that are compared with the best. */
function headText(tied: number, compared: number, apart: number): string {
  const others = apart === 0 ? 'other settings' : 'settings that can be compared';
  if (compared === 1)
    return `The ${apart === 0 ? 'other setting' : 'only setting that can be compared'} is statistically tied with the best`;
  if (tied === compared) return `All ${compared} ${others} are statistically tied with the best`;
  return `${tied} of the ${compared} ${others} ${tied === 1 ? 'is' : 'are'} statistically tied with the best`;
}

/**
 * What the tests of tied settings could have told apart: the median over them of the smallest
 * significant difference. Null where no test says.
 */
function detectable({ samples }: TrialFacts, { tied, testOf, chosenFrom }: Ties): number | null {
  const smallest = tied.flatMap(({ trial }) => {
    const { onlyTrial, onlyOther, ciLow, ciHigh } = testOf.get(trial)!;
    if (onlyTrial !== null && onlyOther !== null) {
      return samples === null || samples === 0
        ? []
        : [detectableShare(samples, Math.min(onlyTrial, onlyOther), chosenFrom)];
    }
    // Equal replicates are those of a trial that behaves alike on every sample: they say nothing of
    // what noise hides.
    return ciLow === null || ciHigh === null || ciLow === ciHigh
      ? []
      : [detectableSpread((ciHigh - ciLow) / (2 * 1.959964), chosenFrom)];
  });
  return smallest.length === 0 ? null : medianOf(smallest.sort((a, b) => a - b));
}

/** Where no test says what it could have detected. */
function unmeasuredText(tests: readonly ComparisonFacts[], metric: MetricText): string {
  return tests.every(({ ciLow, ciHigh, difference }) => difference === 0 && ciLow === 0 && ciHigh === 0)
    ? `Their ${metric.name} is the same in every bootstrap resample.`
    : 'Tied means no significant difference, which does not mean equal.';
}

/**
 * The trial of the lowest mean loss of those that measure it as the first does; null where the
 * first has none.
 */
function lowestLoss(trials: readonly TrialFacts[]): TrialFacts | null {
  const scope = trials[0]?.lossScope ?? null;
  const measured = trials.filter(({ meanL1, lossScope }) => meanL1 !== null && scope !== null && lossScope === scope);
  return measured.reduce<TrialFacts | null>(
    (lowest, trial) => (lowest === null || (trial.meanL1 ?? 0) < (lowest.meanL1 ?? 0) ? trial : lowest),
    null,
  );
}

function distinctAlphas(trials: readonly TrialFacts[]): number[] {
  return [...new Set(trials.map((trial) => trial.alpha).filter((alpha) => alpha !== null))].sort((a, b) => a - b);
}
