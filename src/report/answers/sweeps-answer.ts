import type { ChosenFrom } from '../../statistics/choice-among.js';
import type { Answer } from './answer.js';
import { isJudged } from './judged-settings.js';
import type { ComparedSweeps } from '../facts/compared-sweeps.js';
import { noisePhrase } from './noise-phrase.js';
import { differenceText, magnitudeText, valueText } from '../number-text.js';
import type { Sentence } from './sentence.js';
import { sentence, strong } from './sentence.js';
import type { SweepFacts } from '../facts/sweep-facts.js';
import { referenceOf } from '../facts/sweep-facts.js';

/**
 * Which of two sweeps has the better best setting, by how much, and whether that is more than
 * noise.
 */
export function answerSweeps(facts: ComparedSweeps): Answer {
  return {
    warning: warningText(facts),
    headline: headline(facts),
    findings: [
      ...[['A', facts.a] as const, ['B', facts.b] as const].map(([side, sweep]) => bestSentence(side, sweep)),
      fp32Sentence(facts),
      choiceSentence(facts),
    ].filter((finding) => finding !== null),
  };
}

/** What makes the numbers of the two hard or impossible to set against each other; null without. */
function warningText({ a, b, models, evaluations }: ComparedSweeps): string | null {
  const names = ({ trials }: SweepFacts): string =>
    [...new Set(trials.map(({ model }) => model).filter((model) => model !== null))].join(', ');
  const unfinished = [['A', a] as const, ['B', b] as const].filter(
    ([, { sweep }]) => sweep.done + sweep.stopped < sweep.trials,
  );
  const parts = [
    ...unfinished.map(([side, { sweep }]) => `${side} is incomplete (${sweep.done} of ${sweep.trials} trials done).`),
    models === 'none' && a.sweep.done > 0 && b.sweep.done > 0
      ? `The models differ (${names(a) === names(b) ? `two files called ${names(a)}` : `A ${names(a)}, B ${names(b)}`}): differences do not come from the settings alone, and no pair can be tested sample by sample.`
      : models === 'some'
        ? 'The sweeps share only some of their models.'
        : null,
    a.metric.metric === b.metric.metric
      ? null
      : `A is judged by ${a.metric.name}, B by ${b.metric.name}: values cannot be compared.`,
    evaluations === 'none' && models !== 'none'
      ? 'They are judged on different evaluations (other data, preprocessing or task): no pair of trials can be tested.'
      : null,
  ].filter((part) => part !== null);
  return parts.length === 0 ? null : parts.join(' ');
}

/** Settings of which the best of A and the best of B were chosen. */
export function chosenOfSweeps({ a, b }: ComparedSweeps): ChosenFrom {
  return { one: a.trials.filter(isJudged).length, other: b.trials.filter(isJudged).length };
}

function headline(facts: ComparedSweeps): Sentence {
  const { a, b, verdict } = facts;
  const { metric } = a;
  const [nameA, nameB] = [`A, ${a.sweep.name}`, `B, ${b.sweep.name}`];
  if (typeof a.best?.value !== 'number' || typeof b.best?.value !== 'number') {
    const without = [a.best === null ? nameA : null, b.best === null ? nameB : null].filter((name) => name !== null);
    return sentence(strong('Undecided so far'), `: no setting of ${without.join(' and none of ')} has finished.`);
  }
  if (metric.metric !== b.metric.metric)
    return sentence(strong('Not comparable'), `: ${nameA}, and ${nameB}, are judged by different metrics.`);
  const values = `A ${valueText(a.best.value, metric)}, B ${valueText(b.best.value, metric)}`;
  const noise =
    a.best.trial === b.best.trial
      ? sentence('; both have the same trial as their best')
      : verdict === null
        ? sentence('; ', strong('not tested'), ' because the two are not paired by sample')
        : sentence('; that is ', ...noisePhrase(verdict, chosenOfSweeps(facts)));
  const difference = a.best.value - b.best.value;
  if (difference === 0)
    return sentence(
      `The best settings of ${nameA}, and ${nameB}, are `,
      strong('equal'),
      ` (${values})`,
      ...noise,
      '.',
    );
  const [ahead, behind] = difference > 0 ? [nameA, nameB] : [nameB, nameA];
  return sentence(
    `${ahead}, is `,
    strong(`${magnitudeText(difference, metric)} better`),
    ` in ${metric.name} at its best than ${behind} (${values})`,
    ...noise,
    '.',
  );
}

function bestSentence(side: string, { best, metric }: SweepFacts): Sentence | null {
  if (best === null) return null;
  const gap = best.gapToFp32 === null ? '' : `, ${differenceText(best.gapToFp32, metric)} from FP32`;
  const gain =
    best.gainOverUnsmoothed === null ? '' : `, ${differenceText(best.gainOverUnsmoothed, metric)} from unsmoothed`;
  return sentence(`Best of ${side}: `, strong(best.label), `, ${valueText(best.value, metric)}${gap}${gain}.`);
}

/** FP32 of a sweep: that of its best, or its own. */
export function fp32Of(facts: SweepFacts): number | null {
  return facts.best?.fp32Value ?? referenceOf(facts)?.value ?? null;
}

function fp32Sentence({ a, b }: ComparedSweeps): Sentence | null {
  const [first, second] = [fp32Of(a), fp32Of(b)];
  if (first === null && second === null) return null;
  if (first === second) return sentence('FP32 is the same in both: ', strong(valueText(first, a.metric)), '.');
  return sentence('FP32: A ', strong(valueText(first, a.metric)), ', B ', strong(valueText(second, b.metric)), '.');
}

function choiceSentence(facts: ComparedSweeps): Sentence | null {
  if (facts.verdict === null) return null;
  const { one, other } = chosenOfSweeps(facts);
  return sentence(
    `Each is the best of several (${one} in A, ${other} in B): p of the leading one is multiplied by the number of settings it was chosen from. The matched settings below do not depend on that choice.`,
  );
}
