import type { Answer, SweepAnswer } from './answer.js';
import { answerSweep } from './answer.js';
import type { ComparedSweeps } from '../facts/compared-sweeps.js';
import { answerSweeps } from './sweeps-answer.js';
import type { Sentence } from './sentence.js';
import { sentence, strong } from './sentence.js';
import type { SweepFacts } from '../facts/sweep-facts.js';
import type { SweepWarning } from '../facts/result-warnings.js';

/**
 * The answer of a sweep with what is wrong with it said first. Where FP32 is nonsense that stands
 * in place of a winner, and nothing is concluded from the trials; else cautions come before the
 * other findings.
 */
export function guardedAnswer(facts: SweepFacts): SweepAnswer {
  const { warnings } = facts;
  const answer = answerSweep(facts);
  if (!facts.isVoid) {
    const cautions = warnings.map(caution);
    return { ...answer, findings: [...cautions, ...answer.findings], beside: [...cautions, ...answer.beside] };
  }
  const [first, ...others] = [...warnings].sort((a, b) => b.voidedTrials.size - a.voidedTrials.size);
  const findings = [
    sentence(first!.cause),
    ...others.map(caution),
    sentence('The numbers below were measured, but fix the cause and run the sweep again before you use them.'),
  ];
  return {
    warning: answer.warning,
    headline: sentence(strong('No setting can be called the best: '), first!.message),
    findings,
    beside: findings,
    questions: withoutSentences(answer.questions),
    ties: null,
    recommendation: null,
    onTargets: [],
  };
}

/** The questions, none of which is answered. */
function withoutSentences([leading, ...others]: SweepAnswer['questions']): SweepAnswer['questions'] {
  return [{ ...leading, sentences: [] }, ...others.map((question) => ({ ...question, sentences: [] }))];
}

/** The same of two sweeps: neither is ahead where one names no best setting. */
export function guardedSweepsAnswer(facts: ComparedSweeps): Answer {
  const answer = answerSweeps(facts);
  const nonsense = [facts.a, facts.b].filter(({ isVoid }) => isVoid);
  if (nonsense.length === 0) return answer;
  const [first] = nonsense.map(({ sweep, warnings }) => ({
    name: sweep.name,
    warning: warnings.find(({ voidedTrials }) => voidedTrials.size > 0)!,
  }));
  return {
    warning: answer.warning,
    headline: sentence(
      strong('Neither is ahead: '),
      `no setting of ${first!.name} can be called the best. ${first!.warning.message}`,
    ),
    findings: [sentence(first!.warning.cause)],
  };
}

function caution({ message, cause }: SweepWarning): Sentence {
  return sentence(strong('Caution: '), `${message} ${cause}`);
}
