import type { ChosenFrom } from '../../statistics/choice-among.js';
import type { Answer } from './answer.js';
import { isJudged } from './judged-settings.js';
import type { ComparedTrials } from '../facts/compared-trials.js';
import { layersApart } from '../facts/compared-trials.js';
import { noisePhrase } from './noise-phrase.js';
import { countText, differenceText, intervalText, magnitudeText, significantText, valueText } from '../number-text.js';
import type { MetricText } from '../number-text.js';
import type { Sentence } from './sentence.js';
import { sentence, strong } from './sentence.js';
import type { TrialFacts } from '../facts/sweep-facts.js';
import type { Verdict } from '../facts/verdict.js';

/**
 * Which of two trials is better, by how much, and whether that is more than noise; what else sets
 * them apart.
 */
export function answerComparison(facts: ComparedTrials): Answer {
  const { sweep, trial, other, otherSweep, verdict } = facts;
  const { metric } = sweep;
  const warnings = [
    unfinishedText(facts),
    trial.metric !== null && other.metric !== null && trial.metric !== other.metric
      ? `A is judged by ${trial.metric}, B by ${other.metric}: their values cannot be compared.`
      : null,
    layersApart(facts)?.startsWith('The trials are of different models') === true ? layersApart(facts) : null,
  ].filter((warning) => warning !== null);
  return {
    warning: warnings.length === 0 ? null : warnings.join(' '),
    headline: headline(facts),
    findings: [
      otherSweep === sweep.sweep.name
        ? null
        : sentence('A is of sweep ', strong(sweep.sweep.name), ', B of sweep ', strong(otherSweep), '.'),
      verdict?.counts === null || verdict === null ? null : countsSentence(verdict.counts),
      fp32Sentence(facts),
      choiceSentence(facts),
      lossSentence(facts),
      agreementOf(verdict, metric),
    ].filter((finding) => finding !== null),
  };
}

const unfinished: Readonly<Record<string, string>> = {
  failed: 'failed',
  pending: 'has not finished',
  stopped: 'was stopped early because certainly not the best',
};

function unfinishedText({ trial, other }: ComparedTrials): string | null {
  const sides = [['A', trial] as const, ['B', other] as const].filter(([, { status }]) => status !== 'done');
  return sides.length === 0
    ? null
    : `${sides.map(([side, { status }]) => `${side} ${unfinished[status] ?? ''}`).join(', ')}: no numbers to compare.`;
}

function headline(facts: ComparedTrials): Sentence {
  const { trial, other, verdict } = facts;
  const { metric } = facts.sweep;
  const a = `A, ${trial.label}`;
  const b = `B, ${other.label}`;
  if (trial.trial === other.trial) return sentence('A and B are the same trial: ', strong(trial.label), '.');
  if (trial.value === null || other.value === null) {
    return [trial, other].some(({ status }) => status === 'stopped')
      ? sentence(`${a}, against ${b}: `, strong('undecided'), ' because not both saw all samples.')
      : sentence(`${a}, against ${b}: `, strong('undecided so far'), ' because not both have finished.');
  }
  const difference = trial.value - other.value;
  const values = `${valueText(trial.value, metric)} against ${valueText(other.value, metric)}`;
  if (trial.metric !== other.metric) {
    return sentence(`${a}, against ${b}: `, strong('judged by different metrics'), '.');
  }
  const noise =
    verdict === null
      ? sentence(
          '; ',
          strong('not tested'),
          ' because the two are not paired: another evaluation, or nothing stored by sample',
        )
      : sentence('; that is ', ...noisePhrase(verdict, chosenOf(facts)));
  if (difference === 0)
    return sentence(
      `${a}, and ${b}, are `,
      strong('equal'),
      ` in ${metric.name} (${valueText(trial.value, metric)})`,
      ...noise,
      '.',
    );
  const [ahead, behind] = difference > 0 ? [a, b] : [b, a];
  return sentence(
    `${ahead}, is `,
    strong(`${magnitudeText(difference, metric)} better`),
    ` in ${metric.name} than ${behind} (A ${values})`,
    ...noise,
    '.',
  );
}

/** Settings of which A and B were chosen, where one of them is the best of its sweep. */
export function chosenOf({ sweep, trial, other }: ComparedTrials): ChosenFrom {
  const count = sweep.trials.filter(isJudged).length;
  const of = ({ trial: number }: TrialFacts): number => (sweep.best?.trial === number ? count : 1);
  return { one: of(trial), other: of(other) };
}

function countsSentence({ onlyTrial, onlyOther, both, neither }: NonNullable<Verdict['counts']>): Sentence {
  const all = onlyTrial + onlyOther + both + neither;
  return sentence(
    `Of ${all} samples `,
    strong(`A alone gets ${onlyTrial} right, B alone ${onlyOther}`),
    `, both ${both}, neither ${neither}.`,
  );
}

function fp32Sentence({ sweep: { metric }, trial, other }: ComparedTrials): Sentence | null {
  if (trial.role === 'fp32' || other.role === 'fp32') return null;
  if (trial.fp32Value === null || other.fp32Value === null) return null;
  const gap = ({ gapToFp32 }: TrialFacts): string => differenceText(gapToFp32, metric);
  return trial.fp32Value === other.fp32Value
    ? sentence(
        `From FP32 (${valueText(trial.fp32Value, metric)}): A `,
        strong(gap(trial)),
        ', B ',
        strong(gap(other)),
        '.',
      )
    : sentence(
        `From its FP32: A `,
        strong(gap(trial)),
        ` (of ${valueText(trial.fp32Value, metric)}), B `,
        strong(gap(other)),
        ` (of ${valueText(other.fp32Value, metric)}).`,
      );
}

/** Whether the headline allows for the choice. */
function choiceSentence(facts: ComparedTrials): Sentence | null {
  const { verdict } = facts;
  const { one, other } = chosenOf(facts);
  if (verdict === null || Math.max(one, other) < 2) return null;
  return sentence(
    `${one > 1 ? 'A' : 'B'} is the best of ${Math.max(one, other)} settings, chosen on the samples that judge it: where it leads, p is multiplied by their number.`,
  );
}

function lossSentence({ commonLoss }: ComparedTrials): Sentence | null {
  if (commonLoss === null) return null;
  const { a, b, layers, isAll } = commonLoss;
  const [less, side] = a <= b ? [a / b, 'A'] : [b / a, 'B'];
  const much =
    a === b ? 'equal' : `lower in ${side}${Number.isFinite(less) ? ` by ${Math.round(100 * (1 - less))} %` : ''}`;
  const which = isAll ? 'the layers' : `the ${countText(layers, 'layer')} that both quantize`;
  return sentence(`Mean L1 of ${which}: `, strong(much), ` (A ${significantText(a, 3)}, B ${significantText(b, 3)}).`);
}

function agreementOf(verdict: Verdict | null, metric: MetricText): Sentence | null {
  if (verdict === null || verdict.ciLow === null || verdict.ciHigh === null) return null;
  return sentence(
    '95 % interval of the difference: ',
    strong(intervalText(verdict.ciLow, verdict.ciHigh, metric).replaceAll('-', '−')),
    '.',
  );
}
