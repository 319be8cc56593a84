import type { SweepFacts } from '../facts/sweep-facts.js';
import { countText } from '../number-text.js';
import { askedQuestions } from '../questions/asked-questions.js';
import type { Lack } from '../questions/question.js';
import { questions, type QuestionKind } from '../questions/registry.js';
import { sweepShape, type SweepShape } from '../questions/sweep-shape.js';
import { calibrationSentence, methodSentence } from './answer-pairs.js';
import { answered } from './answered/registry.js';
import { bestSentence, unsmoothedSentence } from './best-sentence.js';
import { factsOfGroup, recommendOnTargets, type TargetRecommendation } from './target-recommendations.js';
import { recommend, type Recommendation } from './recommendation.js';
import type { Sentence } from './sentence.js';
import { sentence, sentenceText, strong } from './sentence.js';
import { staticDynamicSentence } from './static-dynamic-sentence.js';
import { tieLack, tieSentence } from './tie-sentence.js';

/** The report's first screen in words. */
export interface Answer {
  /** Why the answer may change: unfinished or failed trials. Null when the sweep is complete. */
  readonly warning: string | null;
  /** The answer to the leading question. */
  readonly headline: Sentence;
  /**
   * What else the sweep can tell: what belongs to the leading question, gain over unsmoothed, the
   * other questions, ties.
   */
  readonly findings: readonly Sentence[];
}

/** One question that the sweep asks, with its answer. */
export interface QuestionAnswer {
  readonly kind: QuestionKind;
  readonly title: string;
  /** Empty where its trials have not finished. */
  readonly sentences: readonly Sentence[];
  /** What the sweep lacks to answer it. */
  readonly lacks: readonly Lack[];
}

/** The answer of one sweep. */
export interface SweepAnswer extends Answer {
  /**
   * Those of the findings that stand beside the headline: cautions, and what belongs to the leading
   * question. The others come with their own.
   */
  readonly beside: readonly Sentence[];
  /** The leading question first. */
  readonly questions: readonly [QuestionAnswer, ...QuestionAnswer[]];
  /** Which settings are tied with the best, whole; beside the headline it stands in short. */
  readonly ties: Sentence | null;
  /**
   * What to take; null without a best setting, and of sweeps with targets, measured speed or a
   * goal, which have {@link onTargets}.
   */
  readonly recommendation: Recommendation | null;
  /** What to take on each target. */
  readonly onTargets: readonly TargetRecommendation[];
}

/**
 * The answer to the sweep's question. A difference is "outside the noise" where the paired test of
 * v_comparison (exact McNemar or paired bootstrap over the same samples) gives p < 0.05, else
 * "inside the noise"; where the test is missing the answer says so and judges nothing. The best of
 * many settings was chosen on the same samples that judge it: noisePhrase allows for that in every
 * sentence.
 */
export function answerSweep(facts: SweepFacts): SweepAnswer {
  const shape = sweepShape(facts.allTrials, facts.isVoid, facts.sweep.hasLatency);
  const onTargets = recommendOnTargets(facts);
  // What is best of all would be chosen across targets.
  const crosses = shape.targets.length > 1;
  const [leading, ...others] = askedQuestions(shape);
  const answersOf = (kind: QuestionKind): readonly (Sentence | null)[] =>
    crosses && choosesBest(kind, shape) ? answersOnTargets(kind, facts) : [answered[kind].answer(facts, shape)];
  const ofKind = (kind: QuestionKind): QuestionAnswer => ({
    kind,
    title: questions[kind].title,
    sentences: distinct([...answersOf(kind), ...(answered[kind].more?.(facts, shape) ?? [])]),
    lacks: questions[kind].lacks(shape),
  });
  const lead = ofKind(leading);
  const lack = crosses ? null : tieLack(facts);
  const headline = answered[leading].answer(facts, shape) ?? bestSentence(facts);
  const beside = without(headline, [
    ...lead.sentences,
    ...(answered[leading].leading?.(facts, shape) ?? []),
    stoppedSentence(facts),
  ]);
  const findings = without(headline, [
    ...lead.sentences,
    facts.best === null || crosses ? null : bestSentence(facts),
    crosses ? null : unsmoothedSentence(facts),
    ...others.filter((kind) => kind !== 'axis' && kind !== 'grid').flatMap(answersOf),
    staticDynamicSentence(facts),
    calibrationSentence(facts),
    crosses ? null : tieSentence(facts),
    methodSentence(facts),
    stoppedSentence(facts),
  ]);
  return {
    warning: warningText(facts),
    headline,
    findings,
    beside,
    questions: [{ ...lead, lacks: [...lead.lacks, ...(lack === null ? [] : [lack])] }, ...others.map(ofKind)],
    ties: crosses ? null : tieSentence(facts),
    recommendation: onTargets.length > 0 ? null : recommend(facts),
    onTargets,
  };
}

/** Whether the answer names a best setting, which no target lends to another. */
function choosesBest(kind: QuestionKind, { methods }: SweepShape): boolean {
  return kind === 'axis' || kind === 'grid' || kind === 'cost' || (kind === 'methods' && methods.length > 2);
}

/** The answer of each target by itself. */
function answersOnTargets(kind: QuestionKind, facts: SweepFacts): readonly (Sentence | null)[] {
  return (facts.measured.deployment?.groups ?? []).map((group) => {
    const own = factsOfGroup(facts, group);
    const text = answered[kind].answer(own, sweepShape(own.allTrials));
    return text === null ? null : [...sentence(`On ${group.target}: `), ...text];
  });
}

/** The same without the headline. */
function without(headline: Sentence, sentences: readonly (Sentence | null)[]): Sentence[] {
  const text = sentenceText(headline);
  return distinct(sentences).filter((one) => sentenceText(one) !== text);
}

/** Each sentence once, without those that there are not. */
function distinct(sentences: readonly (Sentence | null)[]): Sentence[] {
  const found = sentences.filter((one) => one !== null);
  return [...new Map(found.map((one) => [sentenceText(one), one])).values()];
}

function warningText({ sweep }: SweepFacts): string | null {
  if (sweep.done + sweep.stopped === sweep.trials) return null;
  const parts = [
    sweep.pending > 0 ? `${sweep.pending} of ${countText(sweep.trials, 'trial')} not finished` : '',
    sweep.failed > 0 ? `${sweep.failed} of ${countText(sweep.trials, 'trial')} failed` : '',
  ].filter((part) => part !== '');
  return `${parts.join(', ')}. What follows covers only the ${countText(sweep.done, 'finished trial')}.`;
}

function stoppedSentence({ sweep: { stopped }, trials }: SweepFacts): Sentence | null {
  if (stopped === 0) return null;
  const settings = trials.filter((trial) => trial.role === 'candidate').length;
  return sentence(
    strong(`${stopped} of ${countText(settings, 'setting')}`),
    ` ${stopped === 1 ? 'was' : 'were'} stopped early because certainly not the best; stopped settings have no accuracy and are in no comparison or chart of it.`,
  );
}
