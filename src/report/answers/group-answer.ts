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
  const sorted = [...valued].sort((a, b) => b.trial.value! - a.trial.value!);
  const [best, last] = [sorted[0], sorted.at(-1)];
  if (best === undefined || last === undefined || sorted.length < 2)
    return sentence(`${members.length} trials: `, strong('undecided so far'), ' because too few have finished.');
  return sentence(
    `Of ${quantized.length} ${quantized.length < members.length ? 'quantized trials' : 'trials'}, ${best.side}, ${best.trial.label}, has `,
    strong(`the highest ${metric.name}, ${valueText(best.trial.value, metric)}`),
    `; the lowest is ${last.side}, ${last.trial.label}, at ${valueText(last.trial.value, metric)}.`,
  );
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
