import { detectableShare, detectableSpread } from '../../statistics/detectable-difference.js';
import { medianOf } from '../../statistics/median.js';
import type { ComparisonFacts, SweepFacts, TrialFacts } from '../facts/sweep-facts.js';
import { countText, magnitudeText, type MetricText } from '../number-text.js';
import type { Sentence } from './sentence.js';
import { sentence, strong } from './sentence.js';
import { tiesOf } from './ties.js';

/** Which settings the best can't be told from, and how far apart they would have had to be. */
export function tieSentence(facts: SweepFacts): Sentence | null {
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
  if (tied.length === 0)
    return sentence(
      strong('No other setting is tied with it'),
      `: all differ significantly${chosenFrom > 1 ? `, corrected for the choice among ${chosenFrom} settings` : ''}.${notCompared}`,
    );
  const detectable = detectableText(
    best,
    tied.map(({ trial }) => testOf.get(trial)!),
    chosenFrom,
    metric,
  );
  const calm = lowestLoss([best, ...tied]);
  return sentence(
    strong(
      compared.length === 1
        ? `The ${apart === 0 ? 'other setting' : 'only setting that can be compared'} is statistically tied with the best`
        : `${tied.length} of the ${compared.length} ${apart === 0 ? 'other settings' : 'settings that can be compared'} are statistically tied with the best`,
    ),
    `${extent}. ${detectable}`,
    calm === null || calm === best ? '' : ` Of these ${calm.label} has the lowest mean layer L1.`,
    notCompared,
  );
}

/**
 * What the tests of tied settings could have told apart: the median over them of the smallest
 * significant difference.
 */
function detectableText(
  { samples }: TrialFacts,
  tests: readonly ComparisonFacts[],
  chosenFrom: number,
  metric: MetricText,
): string {
  const smallest = tests.flatMap(({ onlyTrial, onlyOther, ciLow, ciHigh }) => {
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
  if (smallest.length === 0) {
    return tests.every(({ ciLow, ciHigh, difference }) => difference === 0 && ciLow === 0 && ciHigh === 0)
      ? `Their ${metric.name} is the same in every bootstrap resample.`
      : 'Tied means no significant difference, which does not mean equal.';
  }
  const middle = magnitudeText(medianOf(smallest.sort((a, b) => a - b)), metric);
  const on = samples === null ? '' : ` on ${samples.toLocaleString('en-US')} samples`;
  const choice = chosenFrom > 1 ? `, corrected for the choice among ${chosenFrom} settings` : '';
  return `Tied does not mean equal: differences below about ${middle} cannot be detected${on}${choice}.`;
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
