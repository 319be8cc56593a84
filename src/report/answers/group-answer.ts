import type { ChosenFrom } from '../../statistics/choice-among.js';
import type { Answer } from './answer.js';
import type { ComparedGroup, GroupMember } from '../facts/compared-group.js';
import { magnitudeText, valueText } from '../number-text.js';
import { isJudged } from './judged-settings.js';
import { noisePhrase } from './noise-phrase.js';
import { sentence, strong, type Sentence } from './sentence.js';

/** Trials up to which each has a sentence; the table has all. */
const mostSentences = 6;

/** Which of several trials is the best, and how each differs from the first. */
export function answerGroup(facts: ComparedGroup): Answer {
  const { members, sweep } = facts;
  const first = members[0]!;
  const unfinished = members.filter(({ trial }) => trial.value === null);
  const otherMetric = members.filter(({ trial }) => trial.metric !== null && trial.metric !== first.trial.metric);
  const warnings = [
    unfinished.length === 0 ? null : `${sidesText(unfinished)} without a value: not finished, failed or stopped early.`,
    otherMetric.length === 0 ? null : `${sidesText(otherMetric)} judged by another metric than A.`,
    facts.sameModel === false ? 'The trials are of different models, so their layers cannot be compared.' : null,
  ].filter((warning) => warning !== null);
  const others = members.slice(1);
  const guests = members.filter((member) => member.sweep !== sweep.sweep.name);
  return {
    warning: warnings.length === 0 ? null : warnings.join(' '),
    headline: headline(facts),
    findings: [
      ...(others.length <= mostSentences ? others.map((other) => againstFirst(facts, other)) : []),
      guests.length === 0
        ? null
        : sentence(`Of another sweep: ${guests.map(({ side, sweep: name }) => `${side} (${name})`).join(', ')}.`),
      sentence(
        'Each test is of one pair; where the best of its sweep leads, p is multiplied by the number of settings it was chosen from.',
      ),
    ].filter((finding) => finding !== null),
  };
}

function sidesText(members: readonly GroupMember[]): string {
  return `${members.map(({ side }) => side).join(', ')} ${members.length === 1 ? 'is' : 'are'}`;
}

function headline({ members, sweep: { metric } }: ComparedGroup): Sentence {
  const metricOfA = members[0]!.trial.metric;
  const quantized = members.filter(({ trial }) => trial.role !== 'fp32');
  const valued = quantized.filter(({ trial }) => trial.value !== null && trial.metric === metricOfA);
  if (valued.length < 2)
    return sentence(`${members.length} trials: `, strong('undecided so far'), ' because too few have finished.');
  const values = valued.map(({ trial }) => trial.value!);
  const [most, least] = [Math.max(...values), Math.min(...values)];
  const kind = quantized.length < members.length ? 'quantized trials' : 'trials';
  if (most === least && valued.length === quantized.length)
    return sentence(
      `All ${quantized.length} ${kind} have `,
      strong(`the same ${metric.name}, ${valueText(most, metric)}`),
      '.',
    );
  const [best, last] = [most, least].map((value) => valued.filter(({ trial }) => trial.value === value));
  return sentence(
    `Of ${quantized.length} ${kind}, ${namesText(best!)}${best!.length === 1 ? ', has' : ' have'} `,
    strong(`the highest ${metric.name}, ${valueText(most, metric)}`),
    most === least
      ? '.'
      : `; the lowest ${last!.length === 1 ? 'is' : 'are'} ${namesText(last!)}, at ${valueText(least, metric)}.`,
  );
}

/** `A, static alpha=0.3`; of several of equal value their letters: `A, B and D`. */
function namesText(members: readonly GroupMember[]): string {
  const sides = members.map(({ side }) => side);
  if (sides.length === 1) return `${sides[0]!}, ${members[0]!.trial.label}`;
  return sides.length > mostSentences
    ? `${sides.length} of them`
    : `${sides.slice(0, -1).join(', ')} and ${sides.at(-1)!}`;
}

function againstFirst(facts: ComparedGroup, other: GroupMember): Sentence {
  const { metric } = facts.sweep;
  const first = facts.members[0]!;
  const { verdict, side } = other;
  if (verdict === null)
    return sentence(`${side} against A: `, strong('not tested'), ' because the two are not paired.');
  const { difference } = verdict;
  const much =
    difference === 0 ? 'equal' : `${magnitudeText(difference, metric)} ${difference > 0 ? 'better' : 'worse'}`;
  return sentence(
    `${side} against A: `,
    strong(much),
    ', ',
    ...noisePhrase(verdict, chosenOf(facts, other, first)),
    '.',
  );
}

/** Settings of which the two were chosen, where one of them is the best of the page's sweep. */
function chosenOf({ sweep }: ComparedGroup, one: GroupMember, other: GroupMember): ChosenFrom {
  const count = sweep.trials.filter(isJudged).length;
  const of = ({ trial }: GroupMember): number => (sweep.best?.trial === trial.trial ? count : 1);
  return { one: of(one), other: of(other) };
}
