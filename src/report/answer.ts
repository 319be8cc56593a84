import type { ComparisonFacts, SweepFacts, TrialFacts } from './sweep-facts.js';
import { chooseBest, comparedWith } from './sweep-facts.js';
import { calibrationSentence, methodSentence } from './answer-pairs.js';
import { missingBaseline } from './pending-note.js';
import type { Sentence } from './sentence.js';
import { sentence, strong } from './sentence.js';
import { countText, intervalText, magnitudeText, pValueText, valueText } from './number-text.js';

/** The report's first screen in words. */
export interface Answer {
  /** Why the answer may change: unfinished or failed trials. Null when the sweep is complete. */
  readonly warning: string | null;
  /** The best setting with its distance from FP32. */
  readonly headline: Sentence;
  /** Gain over unsmoothed, static against dynamic, calibration size, ties, absmax methods; those that the sweep can tell. */
  readonly findings: readonly Sentence[];
}

/**
 * The answer to the sweep's question. A difference is "outside the noise" where the paired test of v_comparison (exact
 * McNemar or paired bootstrap over the same samples) gives p < 0.05, else "inside the noise"; where the test is missing
 * the answer says so and judges nothing. The best of many settings was chosen on the same samples that judge it: where it
 * is above another trial, p counts times the number of settings (Bonferroni).
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
  return `${parts.join(', ')}. What follows covers the ${countText(sweep.done, 'finished trial')} only.`;
}

function headline(facts: SweepFacts): Sentence {
  const { best, metric, sweep, trials } = facts;
  if (best === null || best.value === null) {
    const candidates = trials.filter((trial) => trial.role === 'candidate');
    if (candidates.length === 0) return sentence('The sweep has no settings to choose from, only baselines.');
    const failed = candidates.filter((trial) => trial.status === 'failed').length;
    if (failed === candidates.length)
      return sentence(strong('No answer: '), `all ${countText(failed, 'setting')} failed.`);
    return sentence(
      strong('No answer yet: '),
      `none of the ${countText(sweep.trials, 'trial')} with a setting has finished.`,
    );
  }
  const interval =
    best.ciLow === null || best.ciHigh === null
      ? ''
      : ` (95 % interval ${intervalText(best.ciLow, best.ciHigh, metric)})`;
  const finished = finishedSettings(facts);
  const lead = finished === 1 ? ' reaches ' : ' is best: ';
  const start = [strong(best.label), lead, `${metric.name} `, strong(valueText(best.value, metric)), interval];
  if (best.fp32Value === null || best.gapToFp32 === null) {
    return sentence(...start, `. What quantization costs is not known: ${missingBaseline(facts, 'fp32')}`);
  }
  const noise = noisePhrase(comparedWith(facts, best, 'fp32'), finished);
  return sentence(...start, `, ${against(best.gapToFp32, 'FP32', best.fp32Value, facts)}; `, ...noise, '.');
}

function unsmoothedSentence(facts: SweepFacts): Sentence | null {
  const { best } = facts;
  if (best === null) return null;
  if (best.unsmoothedValue === null || best.gainOverUnsmoothed === null) {
    return sentence(`What smoothing gains is not known: ${missingBaseline(facts, 'unsmoothed')}`);
  }
  const gain = against(best.gainOverUnsmoothed, 'unsmoothed', best.unsmoothedValue, facts);
  return sentence(
    'Smoothing: ',
    strong(gain),
    '; ',
    ...noisePhrase(comparedWith(facts, best, 'unsmoothed'), finishedSettings(facts)),
    '.',
  );
}

function modeSentence(facts: SweepFacts): Sentence | null {
  const { best, metric, trials } = facts;
  const bestStatic = chooseBest(
    trials.filter((trial) => trial.alphaMode === 'static'),
    facts.comparisons,
  );
  const bestDynamic = chooseBest(
    trials.filter((trial) => trial.alphaMode === 'dynamic'),
    facts.comparisons,
  );
  if (best === null || bestStatic === null || bestDynamic === null) return null;
  const [winner, loser] = best === bestDynamic ? [bestDynamic, bestStatic] : [bestStatic, bestDynamic];
  const difference = (winner.value ?? 0) - (loser.value ?? 0);
  const values = `${bestStatic.label} ${valueText(bestStatic.value, metric)}, ${bestDynamic.label} ${valueText(bestDynamic.value, metric)}`;
  if (difference === 0) return sentence('Static against dynamic alpha: ', strong('equal'), ` at best (${values}).`);
  const name = winner === bestDynamic ? 'dynamic' : 'static';
  return sentence(
    'Static against dynamic alpha: ',
    strong(`${name} is ahead by ${magnitudeText(difference, metric)}`),
    ` (${values}); `,
    ...noisePhrase(comparedWith(facts, loser, 'best')),
    '.',
  );
}

function tieSentence(facts: SweepFacts): Sentence | null {
  const { best, trials, comparisons } = facts;
  if (best === null) return null;
  const rivals = trials.filter((t) => t.role === 'candidate' && t.status === 'done' && t.trial !== best.trial);
  const judged = new Map(comparisons.filter((c) => c.against === 'best').map((c) => [c.trial, c]));
  const compared = rivals.filter((trial) => judged.has(trial.trial));
  if (compared.length === 0) return null;
  const tied = compared.filter((trial) => judged.get(trial.trial)?.significant === false);
  const alphas = distinctAlphas([best, ...tied]);
  const all = distinctAlphas([best, ...compared]).length;
  const extent =
    alphas.length < 2
      ? ''
      : `; with it they cover ${alphas.length} of ${all} static alphas, ${alphas[0]} to ${alphas.at(-1)}`;
  if (tied.length === 0)
    return sentence(strong('No other setting is tied with it'), ': all differ by more than the noise.');
  const calm = lowestLoss([best, ...tied]);
  return sentence(
    strong(`${tied.length} of the ${compared.length} other settings are statistically tied with the best`),
    extent,
    calm === null || calm === best ? '.' : `. Of these ${calm.label} has the lowest mean layer L1.`,
  );
}

function lowestLoss(trials: readonly TrialFacts[]): TrialFacts | null {
  const measured = trials.filter((trial) => trial.meanL1 !== null);
  return measured.reduce<TrialFacts | null>(
    (lowest, trial) => (lowest === null || (trial.meanL1 ?? 0) < (lowest.meanL1 ?? 0) ? trial : lowest),
    null,
  );
}

function distinctAlphas(trials: readonly TrialFacts[]): number[] {
  return [...new Set(trials.map((trial) => trial.alpha).filter((alpha) => alpha !== null))].sort((a, b) => a - b);
}

/** What the best was chosen from: settings that were stopped early were judged, too. */
function finishedSettings({ trials }: SweepFacts): number {
  return trials.filter(isJudged).length;
}

/** Whether a trial is a setting that a best one was chosen from: complete, or stopped early for not being it. */
export function isJudged({ role, status }: TrialFacts): boolean {
  return role === 'candidate' && (status === 'done' || status === 'stopped');
}

function stoppedSentence({ sweep: { stopped }, trials }: SweepFacts): Sentence | null {
  if (stopped === 0) return null;
  const settings = trials.filter((trial) => trial.role === 'candidate').length;
  return sentence(
    strong(`${stopped} of ${countText(settings, 'setting')}`),
    ` ${stopped === 1 ? 'was' : 'were'} stopped early, as certainly not the best: without accuracy, and in no comparison or chart of it.`,
  );
}

/**
 * Whether a difference is more than chance, with the test that says so.
 *
 * @param chosenFrom settings of which the compared one was chosen for being best
 */
export function noisePhrase(comparison: ComparisonFacts | null, chosenFrom = 1): Sentence {
  if (comparison === null) return sentence('whether that is more than noise has not been tested');
  const test = comparison.method === 'mcnemar' ? 'McNemar' : 'paired bootstrap';
  if (comparison.significant && comparison.difference > 0 && chosenFrom > 1) {
    const corrected = Math.min(1, comparison.pValue * chosenFrom);
    const choice = `the choice among ${chosenFrom} settings`;
    return corrected < 0.05
      ? sentence(strong('outside the noise'), ` (${test} ${pValueText(corrected)}, corrected for ${choice})`)
      : sentence(
          strong('inside the noise'),
          ` once ${choice} is allowed for (${test} ${pValueText(comparison.pValue)}, corrected ${pValueText(corrected).slice(4)})`,
        );
  }
  const verdict = comparison.significant ? 'outside the noise' : 'inside the noise';
  return sentence(strong(verdict), ` (${test} ${pValueText(comparison.pValue)})`);
}

function against(difference: number, name: string, value: number, { metric }: SweepFacts): string {
  const other = `${name} (${valueText(value, metric)})`;
  if (difference === 0) return `equal to ${other}`;
  return `${magnitudeText(difference, metric)} ${difference > 0 ? 'above' : 'below'} ${other}`;
}
