import { modesWithAlphas, type AlphaMode } from '../../smooth/modes/registry.js';
import { judgeDifference } from '../../statistics/choice-among.js';
import { detectableShare, detectableSpread } from '../../statistics/detectable-difference.js';
import { calibrationSentence, methodSentence } from './answer-pairs.js';
import { medianOf } from '../../statistics/median.js';
import { noisePhrase } from './noise-phrase.js';
import { countText, intervalText, magnitudeText, valueText, type MetricText } from '../number-text.js';
import { missingBaseline } from './pending-note.js';
import type { Sentence } from './sentence.js';
import { sentence, strong } from './sentence.js';
import type { AlphaPair, StaticDynamicFacts } from '../facts/static-dynamic-facts.js';
import type { ComparisonFacts, SweepFacts, TrialFacts } from '../facts/sweep-facts.js';
import { comparedWith } from '../facts/sweep-facts.js';

/** The report's first screen in words. */
export interface Answer {
  /** Why the answer may change: unfinished or failed trials. Null when the sweep is complete. */
  readonly warning: string | null;
  /** The best setting with its distance from FP32. */
  readonly headline: Sentence;
  /**
   * Gain over unsmoothed, static against dynamic, calibration size, ties, absmax methods; those
   * that the sweep can tell.
   */
  readonly findings: readonly Sentence[];
}

/**
 * The answer to the sweep's question. A difference is "outside the noise" where the paired test of
 * v_comparison (exact McNemar or paired bootstrap over the same samples) gives p < 0.05, else
 * "inside the noise"; where the test is missing the answer says so and judges nothing. The best of
 * many settings was chosen on the same samples that judge it: noisePhrase allows for that in every
 * sentence.
 */
export function answerSweep(facts: SweepFacts): Answer {
  const findings = [
    unsmoothedSentence(facts),
    modeSentence(facts),
    calibrationSentence(facts),
    tieSentence(facts),
    methodSentence(facts),
    stoppedSentence(facts),
  ];
  return {
    warning: warningText(facts),
    headline: headline(facts),
    findings: findings.filter((finding) => finding !== null),
  };
}

function warningText({ sweep }: SweepFacts): string | null {
  if (sweep.done + sweep.stopped === sweep.trials) return null;
  const parts = [
    sweep.pending > 0 ? `${sweep.pending} of ${countText(sweep.trials, 'trial')} not finished` : '',
    sweep.failed > 0 ? `${sweep.failed} of ${countText(sweep.trials, 'trial')} failed` : '',
  ].filter((part) => part !== '');
  return `${parts.join(', ')}. What follows covers only the ${countText(sweep.done, 'finished trial')}.`;
}

function headline(facts: SweepFacts): Sentence {
  const { best, metric, trials } = facts;
  if (best === null || best.value === null) {
    const candidates = trials.filter((trial) => trial.role === 'candidate');
    if (candidates.length === 0) return sentence('The sweep has no settings to choose from, only baselines.');
    const failed = candidates.filter((trial) => trial.status === 'failed').length;
    if (failed === candidates.length)
      return sentence(strong('No answer: '), `all ${countText(failed, 'setting')} failed.`);
    return sentence(strong('No answer yet: '), `none of the ${countText(candidates.length, 'setting')} has finished.`);
  }
  const interval =
    best.ciLow === null || best.ciHigh === null
      ? ''
      : ` (95 % interval ${intervalText(best.ciLow, best.ciHigh, metric)})`;
  const finished = finishedSettings(facts);
  const lead = finished === 1 ? ' reaches ' : ' is best: ';
  const start = [strong(best.label), lead, `${metric.name} `, strong(valueText(best.value, metric)), interval];
  if (best.fp32Value === null || best.gapToFp32 === null) {
    return sentence(...start, `. The cost of quantization is unknown: ${missingBaseline(facts, 'fp32')}`);
  }
  const noise = noisePhrase(comparedWith(facts, best, 'fp32'), { one: finished, other: 1 });
  return sentence(...start, `, ${against(best.gapToFp32, 'FP32', best.fp32Value, facts)}; `, ...noise, '.');
}

function unsmoothedSentence(facts: SweepFacts): Sentence | null {
  const { best } = facts;
  if (best === null) return null;
  if (best.unsmoothedValue === null || best.gainOverUnsmoothed === null) {
    return sentence(`The gain from smoothing is unknown: ${missingBaseline(facts, 'unsmoothed')}`);
  }
  const gain = against(best.gainOverUnsmoothed, 'unsmoothed', best.unsmoothedValue, facts);
  return sentence(
    'Smoothing: ',
    strong(gain),
    '; ',
    ...noisePhrase(comparedWith(facts, best, 'unsmoothed'), { one: finishedSettings(facts), other: 1 }),
    '.',
  );
}

/** The best of either at equal settings, named; the sign and the test are of these two. */
function modeSentence({ staticDynamic, metric, trials }: SweepFacts): Sentence | null {
  if (staticDynamic === null) {
    const has = (modes: readonly AlphaMode[]): boolean =>
      trials.some(
        ({ role, status, alphaMode }) => role === 'candidate' && status === 'done' && modes.includes(alphaMode),
      );
    return has(modesWithAlphas('fixed', 'searchedOnce')) && has(modesWithAlphas('searchedPerLayer'))
      ? sentence(
          'Static against dynamic alpha: ',
          strong('not compared'),
          ' because no two finished trials differ only in that.',
        )
      : null;
  }
  const { best, verdict, chosen } = staticDynamic;
  const values = `${staticName(best)} ${valueText(best.staticValue, metric)}, ${best.dynamicLabel} ${valueText(best.dynamicValue, metric)}`;
  const others = otherPairsText(staticDynamic);
  const difference = best.staticValue - best.dynamicValue;
  if (difference === 0)
    return sentence('Static against dynamic alpha: ', strong('equal'), ` at best (${values})${others}.`);
  const ahead = `${difference > 0 ? 'static' : 'dynamic'} is ahead by ${magnitudeText(difference, metric)}`;
  return sentence(
    'Static against dynamic alpha: ',
    strong(ahead),
    ` (${values}); `,
    ...noisePhrase(verdict, chosen),
    `${others}.`,
  );
}

/** The label of a static trial; alpha `auto` by what chose it. */
function staticName({ staticLabel, staticBy, staticAlpha }: AlphaPair): string {
  if (staticBy === 'grid') return staticLabel;
  const alpha = staticAlpha === null ? 'alpha' : `alpha ${staticAlpha}`;
  return `${staticLabel} (static ${alpha}, chosen by divergence)`;
}

function otherPairsText({ pairs, staticAhead, dynamicAhead }: StaticDynamicFacts): string {
  return pairs < 2
    ? ''
    : `. Of ${pairs} settings that have both, static is ahead in ${staticAhead}, dynamic in ${dynamicAhead}`;
}

/** Which settings the best can't be told from, and how far apart they would have had to be. */
function tieSentence(facts: SweepFacts): Sentence | null {
  const { best, trials, comparisons, metric } = facts;
  if (best === null) return null;
  const chosen = { one: 1, other: finishedSettings(facts) };
  const rivals = trials.filter((t) => t.role === 'candidate' && t.status === 'done' && t.trial !== best.trial);
  const judged = new Map(comparisons.filter((c) => c.against === 'best').map((c) => [c.trial, c]));
  const compared = rivals.filter((trial) => judged.has(trial.trial));
  if (compared.length === 0) return null;
  const tied = compared.filter((trial) => !judgeDifference(judged.get(trial.trial)!, chosen).differs);
  const alphas = distinctAlphas([best, ...tied]);
  const all = distinctAlphas([best, ...compared]).length;
  const extent =
    alphas.length < 2
      ? ''
      : `; with it they cover ${alphas.length} of ${all} static alphas, ${alphas[0]} to ${alphas.at(-1)}`;
  const apart = rivals.length - compared.length;
  const notCompared =
    apart === 0
      ? ''
      : ` ${countText(apart, 'further setting')} of another model or evaluation cannot be compared with it.`;
  if (tied.length === 0)
    return sentence(
      strong('No other setting is tied with it'),
      `: all differ significantly${chosen.other > 1 ? `, corrected for the choice among ${chosen.other} settings` : ''}.${notCompared}`,
    );
  const detectable = detectableText(
    best,
    tied.map(({ trial }) => judged.get(trial)!),
    chosen.other,
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

/**
 * What the best was chosen from, see {@link isJudged}: settings that were stopped early were
 * judged, too.
 */
export function finishedSettings({ trials }: SweepFacts): number {
  return trials.filter(isJudged).length;
}

/**
 * Whether a trial is a setting that a best one was chosen from: complete, or stopped early for not
 * being it.
 */
export function isJudged({ role, status }: TrialFacts): boolean {
  return role === 'candidate' && (status === 'done' || status === 'stopped');
}

function stoppedSentence({ sweep: { stopped }, trials }: SweepFacts): Sentence | null {
  if (stopped === 0) return null;
  const settings = trials.filter((trial) => trial.role === 'candidate').length;
  return sentence(
    strong(`${stopped} of ${countText(settings, 'setting')}`),
    ` ${stopped === 1 ? 'was' : 'were'} stopped early because certainly not the best; stopped settings have no accuracy and are in no comparison or chart of it.`,
  );
}

function against(difference: number, name: string, value: number, { metric }: SweepFacts): string {
  const other = `${name} (${valueText(value, metric)})`;
  if (difference === 0) return `equal to ${other}`;
  return `${magnitudeText(difference, metric)} ${difference > 0 ? 'above' : 'below'} ${other}`;
}
